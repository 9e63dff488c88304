"""The shop's API: products and orders, kept in Postgres; each order is put on the queue for the worker."""
import json
import os
import threading
import time

import psycopg2
import psycopg2.extensions
import redis
from serve import Answer, serve

# Nobody waits for a database that is silent: not when connecting, not for an answer.
limits = "connect_timeout=1 tcp_user_timeout=1500 keepalives_idle=1 keepalives_interval=1 keepalives_count=2 options='-c statement_timeout=1000'"
idle = []
queue = redis.Redis(os.environ["QUEUE_HOST"], socket_timeout=0.3, socket_connect_timeout=0.3)
queue_away_until = 0.0
lock = threading.Lock()


def lend():
    """A connection that is idle, or a new one."""
    with lock:
        if idle:
            return idle.pop()
    database = psycopg2.connect(f"{os.environ['DB']} {limits}")
    database.autocommit = True
    return database


def rows(sql, *values):
    """Asks again, on a new connection, if the kept one turns out to be dead. Orders are asked for once: the first may have been taken."""
    again = sql.startswith("SELECT")
    while True:
        database = lend()
        try:
            with database.cursor() as cursor:
                cursor.execute(sql, values)
                found = cursor.fetchall()
        except psycopg2.Error as error:
            database.close()
            with lock:
                while idle:  # they died with it
                    idle.pop().close()
            if not again or not isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
                raise
            again = False
        else:
            with lock:
                idle.append(database)
            return found


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
    global queue_away_until
    product = json.loads(body)["product"]
    ((id,),) = rows("INSERT INTO orders (product) VALUES (%s) RETURNING id", product)
    # The order is kept: the queue only makes it quick. The worker looks for orders that it was not told of.
    if time.monotonic() > queue_away_until:
        try:
            queue.lpush("orders", id)
        except redis.RedisError:
            queue_away_until = time.monotonic() + 1
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
