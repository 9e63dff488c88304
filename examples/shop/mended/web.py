"""What shoppers see: pages made of what the API says."""
import html
import json
import os
import time
import urllib.error
import urllib.request

from serve import Answer, serve

api_url = os.environ["API_URL"]
last_products = []
api_away_until = 0.0


def ask_api(path, body=None):
    """Waits a second for an answer. Asks again while nobody listens: what was refused has done nothing yet."""
    data = None if body is None else json.dumps(body).encode()
    give_up = time.monotonic() + 1
    while True:
        try:
            with urllib.request.urlopen(api_url + path, data, timeout=1) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Answer(error.code, json.load(error))
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def known_products():
    """From the API; while it has none to show, those of before: the catalogue changes seldom."""
    global last_products, api_away_until
    if time.monotonic() > api_away_until:
        try:
            last_products = ask_api("/products")
        except (Answer, OSError):
            api_away_until = time.monotonic() + 1
            if not last_products:
                raise
    return last_products


def front_page(body):
    lines = "".join(f"<li>{html.escape(one['name'])}: {one['cents'] / 100:.2f}</li>" for one in known_products())
    return f"<!doctype html><title>The fish shop</title><h1>The fish shop</h1><ul>{lines}</ul>\n"


def buy(product, body):
    return ask_api("/orders", {"product": int(product)})


def order_state(id, body):
    return ask_api(f"/orders/{id}")


serve(8080, [("GET", "/", front_page), ("POST", "/buy/([0-9]+)", buy), ("GET", "/orders/([0-9]+)", order_state)])
