"""Ships what is ordered: takes each order from the queue and marks it in the database."""
import os
import time

import psycopg2
import redis

limits = "connect_timeout=1 tcp_user_timeout=1500 keepalives_idle=1 keepalives_interval=1 keepalives_count=2 options='-c statement_timeout=1000'"
queue = redis.Redis(os.environ["QUEUE_HOST"], socket_timeout=2, socket_connect_timeout=0.5)
database = None


def ship(sql, *values):
    global database
    if database is None:
        database = psycopg2.connect(f"{os.environ['DB']} {limits}")
        database.autocommit = True
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        for (id,) in cursor.fetchall():
            print("shipped", id)


while True:
    try:
        # Orders that the queue never got, or that were taken from it by a worker that died.
        ship("UPDATE orders SET state = 'shipped' WHERE state = 'new' AND made < now() - interval '1 second' RETURNING id")
        taken = queue.brpop("orders", timeout=1)
        if taken:
            ship("UPDATE orders SET state = 'shipped' WHERE id = %s AND state = 'new' RETURNING id", int(taken[1]))
    except (psycopg2.Error, redis.RedisError) as error:
        print("tries again:", str(error).strip().split("\n")[0])
        if isinstance(error, psycopg2.Error) and database is not None:
            database.close()
            database = None
        time.sleep(0.3)
