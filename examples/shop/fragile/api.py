"""The shop's API: products and orders, kept in Postgres; each order is put on the queue for the worker."""
import json
import os
import threading

import psycopg2
import redis
from serve import Answer, serve

lock = threading.Lock()
database = psycopg2.connect(os.environ["DB"])
database.autocommit = True
queue = redis.Redis(os.environ["QUEUE_HOST"])


def rows(sql, *values):
    with lock, database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def health(body):
    return {"ok": True}


def products(body):
    return [{"id": id, "name": name, "cents": cents} for id, name, cents in rows("SELECT id, name, cents FROM products ORDER BY id")]


def set_price(id, body):
    cents = json.loads(body)["cents"]
    if not rows("UPDATE products SET cents = %s WHERE id = %s RETURNING id", cents, id):
        raise Answer(404, {"error": "no such product"})
    return {"id": int(id), "cents": cents}


def order(body):
    product = json.loads(body)["product"]
    ((id,),) = rows("INSERT INTO orders (product) VALUES (%s) RETURNING id", product)
    queue.lpush("orders", id)
    raise Answer(202, {"id": id})


def order_state(id, body):
    found = rows("SELECT state FROM orders WHERE id = %s", id)
    if not found:
        raise Answer(404, {"error": "no such order"})
    return {"id": int(id), "state": found[0][0]}


def shipping(body):
    """For the shop's monitoring: fails while an order waits for more than 3 s."""
    ((waiting, oldest),) = rows("SELECT count(*), coalesce(extract(epoch FROM now() - min(made)), 0) FROM orders WHERE state = 'new'")
    report = {"waiting": waiting, "oldest_s": round(float(oldest), 1)}
    if oldest > 3:
        raise Answer(503, report)
    return report


serve(
    8000,
    [
        ("GET", "/health", health),
        ("GET", "/products", products),
        ("PUT", "/products/([0-9]+)", set_price),
        ("POST", "/orders", order),
        ("GET", "/orders/([0-9]+)", order_state),
        ("GET", "/shipping", shipping),
    ],
)
