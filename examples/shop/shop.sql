-- The shop of the pipeline files in this folder: createdb shop && psql -f shop.sql shop
CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, placed timestamptz NOT NULL);
CREATE TABLE items (order_id bigint REFERENCES orders, n int, sku text NOT NULL, price numeric(9, 2) NOT NULL,
	PRIMARY KEY (order_id, n));
INSERT INTO orders VALUES (1, 'Ada', '2026-11-02 09:30Z'), (2, 'Blaise', '2026-11-02 10:15Z'), (3, 'Charles', '2026-11-03 08:00Z');
INSERT INTO items VALUES (1, 1, 'bread', 3.50), (1, 2, 'milk', 1.20), (2, 1, 'tea', 4.75), (3, 1, 'bread', 3.50);
