CREATE TABLE sensors (id TEXT PRIMARY KEY, place TEXT NOT NULL, zero REAL NOT NULL, step REAL NOT NULL);
INSERT INTO sensors VALUES
	('a', 'boiler', -40, 0.25),
	('b', 'cellar', 0, 0.05),
	('c', 'roof', -20, 0.125);
