"""The websocket to a kernel, as JupyterLab speaks it (v1.kernel.websocket.jupyter.org)."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field

from aiohttp import ClientError, WSMsgType

from classroom.words import word

PROTOCOL = "v1.kernel.websocket.jupyter.org"
LONGEST = 300  # seconds for a cell


class CellFailed(Exception):
    """A cell raised what the lesson does not foresee, or the kernel did not answer."""


@dataclass
class Answer:
    """What came back from a cell."""

    text: str = ""
    error: str = ""
    finished: set = field(default_factory=set)  # the two messages that end it: reply and idle
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, kind, content):
        """Note a message.

        Args:
            kind: its msg_type.
            content: its content.
        """
        if kind == "stream":
            self.text += content["text"]
        elif kind in ("display_data", "execute_result"):
            self.text += content["data"].get("text/plain", "")
        elif kind == "error":
            self.error = f"{content['ename']}: {content['evalue']}"
        elif kind.endswith("_reply") or kind == "status" and content["execution_state"] == "idle":
            self.finished.add(kind)
        if len(self.finished) == 2:
            self.done.set()


class Kernel:
    """A kernel and the socket to it."""

    def __init__(self, socket):
        """Begin to read.

        Args:
            socket: aiohttp's websocket.
        """
        self.socket, self.answers, self.closed = socket, {}, ""
        self.reader = asyncio.create_task(self.read())

    async def read(self):
        """Hand every message to the cell that it answers, until the socket closes."""
        async for message in self.socket:
            if message.type is not WSMsgType.BINARY:
                break
            parent, kind, content = unpacked(message.data)
            if parent in self.answers:
                self.answers[parent].take(kind, content)
        self.closed = word("load_closed", why=self.socket.exception() or self.socket.close_code)
        for answer in self.answers.values():
            answer.error = self.closed
            answer.done.set()

    async def ask(self, kind, content):
        """Send a request and wait until it is answered whole.

        Args:
            kind: "execute" or "kernel_info".
            content: of the message.

        Returns:
            The Answer.

        Raises:
            CellFailed: there is none.
        """
        if self.closed:
            raise CellFailed(self.closed)
        number, answer = uuid.uuid4().hex, Answer()
        self.answers[number] = answer
        try:
            await self.socket.send_bytes(packed(number, f"{kind}_request", content))
            async with asyncio.timeout(LONGEST):
                await answer.done.wait()
        except TimeoutError:
            raise CellFailed(word("load_no_answer", seconds=LONGEST)) from None
        except ClientError as error:
            raise CellFailed(word("load_closed", why=error)) from None
        finally:
            del self.answers[number]
        return answer

    async def run(self, code, may_fail=False):
        """Run a cell.

        Args:
            code: its text.
            may_fail: whether the lesson wants its error.

        Returns:
            What it printed.

        Raises:
            CellFailed: it raised an error that the lesson does not want, or no answer came.
        """
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        answer = await self.ask("execute", {**content, "allow_stdin": False, "stop_on_error": True})
        if answer.error and not may_fail:
            raise CellFailed(answer.error)
        return answer.text

    async def close(self):
        """Close the socket; the kernel goes on, as when somebody closes the browser."""
        await self.socket.close()
        await self.reader


def packed(number, kind, content):
    """A message for the kernel's shell.

    Args:
        number: its msg_id.
        kind: its msg_type.
        content: what it holds.

    Returns:
        The bytes of a frame: how many offsets, the offsets, the parts.
    """
    header = {"msg_id": number, "msg_type": kind, "session": "load", "username": "load", "version": "5.3", "date": ""}
    parts = [b"shell", *(json.dumps(part).encode() for part in (header, {}, {}, content))]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return b"".join(one.to_bytes(8, "little") for one in (len(offsets), *offsets)) + b"".join(parts)


def unpacked(frame):
    """A message from the kernel.

    Args:
        frame: the bytes of a frame.

    Returns:
        What it answers (msg_id), its msg_type and its content.
    """
    count = int.from_bytes(frame[:8], "little")
    offsets = [int.from_bytes(frame[8 * n : 8 * n + 8], "little") for n in range(1, count + 1)]
    parts = [frame[begin:end] for begin, end in zip(offsets, offsets[1:], strict=False)]
    header, parent, _, content = (json.loads(part) for part in parts[1:5])
    return parent.get("msg_id"), header["msg_type"], content
