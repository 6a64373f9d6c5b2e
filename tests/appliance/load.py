#!/usr/bin/env python3
"""Clients that never rest, until SIGTERM: tests/appliance/load.py TOKEN [RATE], in the network namespace of a machine

Half of them make a connection for each request, half keep theirs for as long as the server does. Together they ask RATE
times a second (50); who was kept waiting catches up. Prints as JSON how many requests there were, how many of them on kept
connections, which failed and how, and in how many seconds half of them, most of them and the slowest were answered.
"""
import http.client
import json
import select
import signal
import sys
import threading
import time

A_SECOND = int(sys.argv[2]) if len(sys.argv) > 2 else 50
# Each asks five times a second, which leaves it time to wait for an answer.
CLIENTS = max(10, A_SECOND // 5)
PATIENCE = 60
QUESTIONS = ("Rust developer in Berlin", "nurse", "engineer with PostgreSQL", "3-5 years of Java")


class Client(threading.Thread):
    """One of them."""

    def __init__(self, number, token, stop):
        super().__init__(daemon=True)
        self.number, self.stop, self.keeps = number, stop, number % 2 == 0
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection, self.reused, self.took, self.failed = None, 0, [], []

    def run(self):
        due = time.monotonic() + self.number / A_SECOND
        while not self.stop.wait(max(0, due - time.monotonic())):
            due += CLIENTS / A_SECOND
            begin = time.monotonic()
            try:
                status = self.ask(len(self.took))
                if status not in (200, 202):
                    raise OSError(f"status {status}")
            except (OSError, http.client.HTTPException) as reason:
                self.failed.append(f"{time.strftime('%T')} {'kept' if self.keeps else 'fresh'} after "
                                   f"{time.monotonic() - begin:.2f} s: {type(reason).__name__}: {reason}")
                self.connection = None
            self.took.append(time.monotonic() - begin)

    def open(self):
        """A connection; a kept one that the server has ended meanwhile is not used again, as in every browser."""
        kept = self.connection
        if kept and kept.sock and not select.select([kept.sock], [], [], 0)[0]:
            self.reused += 1
            return kept
        if kept:
            kept.close()
        return http.client.HTTPConnection("127.0.0.1", 80, timeout=PATIENCE)

    def ask(self, turn):
        """One request of a few kinds."""
        self.connection = connection = self.open()
        match (turn + self.number) % 10:
            case 0 | 1 | 2 | 3:
                question = json.dumps({"query": QUESTIONS[turn % len(QUESTIONS)]})
                connection.request("POST", "/api/v1/search", question, self.headers)
            case 4 if turn % 4 == 0:
                edge = "----edge"
                body = (f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{self.number}-{turn}.txt"'
                        f"\r\n\r\nPerson {self.number}-{turn}\r\nEngineer, 2019 - 2024\r\n--{edge}--\r\n")
                headers = self.headers | {"Content-Type": f"multipart/form-data; boundary={edge}"}
                connection.request("POST", "/api/v1/resumes", body, headers)
            case 5 | 6:
                connection.request("GET", "/", headers=self.headers)
            case _:
                connection.request("GET", "/api/v1/candidates", headers=self.headers)
        response = connection.getresponse()
        response.read()
        if not self.keeps:
            connection.close()
        return response.status


def main():
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    clients = [Client(number, sys.argv[1], stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    stop.wait()
    for client in clients:
        client.join()
    took = sorted(seconds for client in clients for seconds in client.took)
    parts = {f"p{part}": round(took[(len(took) - 1) * part // 100], 3) for part in (50, 95, 99)} if took else {}
    print(json.dumps({"requests": len(took), "on kept connections": sum(client.reused for client in clients),
                      "failed": [line for client in clients for line in client.failed],
                      "seconds": {**parts, "slowest": round(max(took, default=0), 3)}}))


if __name__ == "__main__":
    main()
