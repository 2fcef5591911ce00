INSERT INTO orders (value) VALUES ('{"order":4,"customer":"Dilek"}');
INSERT INTO items (value) VALUES ('{"order":4,"price":30}'), ('{"order":4,"price":9}');
