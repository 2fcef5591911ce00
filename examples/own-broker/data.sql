CREATE TABLE orders (id INTEGER PRIMARY KEY, value TEXT);
INSERT INTO orders (value) VALUES
  ('{"order":1,"customer":"Ada"}'),
  ('{"order":2,"customer":"Ben"}'),
  ('{"order":3,"customer":"Cem"}');

CREATE TABLE items (id INTEGER PRIMARY KEY, value TEXT);
INSERT INTO items (value) VALUES
  ('{"order":1,"price":12.5}'),
  ('{"order":1,"price":7.5}'),
  ('{"order":3,"price":4}');
