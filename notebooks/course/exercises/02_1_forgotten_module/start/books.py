from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models import Base


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
