"""A sample app for the python runtime: gives back the caller's nonce and says who it is, as the echo app does."""

import json
import os
import platform
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FACTS = json.loads(os.environ.get("VCAP_APPLICATION", "{}"))


class Echo(BaseHTTPRequestHandler):
    def do_GET(self):
        nonce = parse_qs(urlsplit(self.path).query).get("nonce", [None])[0]
        body = json.dumps({"nonce": nonce, "app": FACTS.get("name"), "dea": FACTS.get("dea"), "python": platform.python_version()}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer((os.environ.get("VCAP_APP_HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080"))), Echo).serve_forever()
