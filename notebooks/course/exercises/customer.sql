-- What the customer of the final project orders first, and the rows that stage 4 puts in.
CREATE TABLE owners (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    phone VARCHAR(20) NOT NULL
);
CREATE TABLE flats (
    id INTEGER NOT NULL PRIMARY KEY,
    owner_id INTEGER NOT NULL REFERENCES owners (id),
    address VARCHAR(200) NOT NULL,
    price INTEGER
);
CREATE TABLE bookings (
    id INTEGER NOT NULL PRIMARY KEY,
    flat_id INTEGER NOT NULL REFERENCES flats (id),
    guest VARCHAR(100) NOT NULL,
    arrival DATE NOT NULL,
    departure DATE NOT NULL
);
INSERT INTO owners VALUES
    (101, 'Оксана', '555-0101'),
    (102, 'Тимур', '555-0102');
INSERT INTO flats VALUES
    (201, 101, 'Sadova, 5', 900),
    (202, 102, 'Marina, 12', 750),
    (203, 102, 'Lake Street, 3', NULL);
INSERT INTO bookings VALUES
    (301, 201, 'Марта', '2026-07-01', '2026-07-08'),
    (302, 201, 'Роман', '2026-07-08', '2026-07-10'),
    (303, 202, 'Emma', '2026-07-03', '2026-07-04'),
    (304, 203, 'Роман', '2026-08-15', '2026-08-29');
