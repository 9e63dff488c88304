CREATE ROLE shop LOGIN PASSWORD 'shop';
CREATE DATABASE shop OWNER shop;
\connect shop shop
CREATE TABLE products (id serial PRIMARY KEY, name text NOT NULL UNIQUE, cents integer NOT NULL CHECK (cents >= 0));
CREATE TABLE orders (
  id bigserial PRIMARY KEY,
  product integer NOT NULL REFERENCES products,
  state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'shipped')),
  made timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_waiting ON orders (made) WHERE state = 'new';
INSERT INTO products (name, cents) VALUES ('flounder, whole', 1290), ('flounder, fillet', 1850), ('lemon', 60), ('parsley', 120);
