"""What shoppers see: pages made of what the API says."""
import html
import json
import os
import urllib.error
import urllib.request

from serve import Answer, serve

api_url = os.environ["API_URL"]


def ask_api(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(api_url + path, data) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Answer(error.code, json.load(error))


def front_page(body):
    lines = "".join(f"<li>{html.escape(one['name'])}: {one['cents'] / 100:.2f}</li>" for one in ask_api("/products"))
    return f"<!doctype html><title>The fish shop</title><h1>The fish shop</h1><ul>{lines}</ul>\n"


def buy(product, body):
    return ask_api("/orders", {"product": int(product)})


def order_state(id, body):
    return ask_api(f"/orders/{id}")


serve(8080, [("GET", "/", front_page), ("POST", "/buy/([0-9]+)", buy), ("GET", "/orders/([0-9]+)", order_state)])
