"""Ships what is ordered: takes each order from the queue and marks it in the database."""
import os

import psycopg2
import redis

database = psycopg2.connect(os.environ["DB"])
database.autocommit = True
queue = redis.Redis(os.environ["QUEUE_HOST"])

while True:
    _, id = queue.brpop("orders")
    with database.cursor() as cursor:
        cursor.execute("UPDATE orders SET state = 'shipped' WHERE id = %s", (int(id),))
    print("shipped", int(id))
