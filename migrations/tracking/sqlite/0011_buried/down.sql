DROP TABLE buried;
