"""A small HTTP server: routes are functions, and a fixed number of threads answers."""
import json
import re
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

THREADS = 8


class Answer(Exception):
    """Raised to answer with something else than 200."""

    def __init__(self, status, body):
        super().__init__(body)
        self.status, self.body = status, body


class Server(HTTPServer):
    request_queue_size = 128

    def __init__(self, port, handler):
        super().__init__(("0.0.0.0", port), handler)
        self.threads = ThreadPoolExecutor(THREADS)

    def process_request(self, request, address):
        self.threads.submit(self.answer, request, address)

    def answer(self, request, address):
        try:
            self.finish_request(request, address)
        except OSError:
            pass  # the client has gone
        finally:
            self.shutdown_request(request)


def serve(port, routes):
    """routes: [(method, regular expression of the path, function(*groups, body) -> object or str)]"""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def handle_any(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode() if length else ""
            status, result = self.result(body)
            is_page = isinstance(result, str)
            data = (result if is_page else json.dumps(result) + "\n").encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8" if is_page else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def result(self, body):
            for method, path, route in routes:
                match = re.fullmatch(path, self.path.split("?")[0])
                if match and method == self.command:
                    try:
                        return 200, route(*match.groups(), body=body)
                    except Answer as answer:
                        return answer.status, answer.body
                    except Exception as error:  # whatever else went wrong is the server's fault
                        traceback.print_exc(limit=1, file=sys.stderr)
                        return 500, {"error": str(error).strip().split("\n")[0]}
            return 404, {"error": "no such page"}

        do_GET = do_POST = do_PUT = handle_any

        def log_message(self, *_):
            pass

    Server(port, Handler).serve_forever()
