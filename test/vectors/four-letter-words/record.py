#!/usr/bin/env python3
"""Records the answers of a fresh Apache ZooKeeper server to the four-letter words. See README.md."""

import socket
import sys
import time

from kazoo.client import KazooClient

PORT = int(sys.argv[1])
WORDS = 'srvr stat conf cons isro mntr wchs wchc wchp dump dirs hash gtmk'.split()


def ask(request):
    with socket.create_connection(('127.0.0.1', PORT)) as connection:
        connection.sendall(request)
        answer = b''
        while chunk := connection.recv(65536):
            answer += chunk
    return answer.decode()


def record(name, request=None):
    with open(name + '.txt', 'w') as file:
        file.write(ask((request or name).encode()))


def client(timeout):
    made = KazooClient('127.0.0.1:%d' % PORT, timeout=timeout)
    made.start()
    return made


record('mntr-fresh', 'mntr')
a, b = client(10), client(6)
a.ensure_path('/app/one')
a.set('/app/one', b'hello')
a.create('/app/eph', b'', ephemeral=True)
a.create('/app/eph2', b'x', ephemeral=True)
b.create('/app/beph', b'', ephemeral=True)
a.get('/app/one', watch=lambda event: None)
a.get('/app', watch=lambda event: None)
b.get('/app/one', watch=lambda event: None)
b.exists('/app/none', watch=lambda event: None)
b.get_children('/app', watch=lambda event: None)
for i in range(300):
    a.set('/app/one', b'v%d' % i)
a.get('/app/one', watch=lambda event: None)
for word in WORDS:
    record(word)
record('crst')
record('cons-after-crst', 'cons')
record('srst')
record('mntr-after-srst', 'mntr')
a.stop()
b.stop()
time.sleep(0.5)
for word in ('wchs', 'wchc', 'wchp', 'dump'):
    record(word + '-without-sessions', word)
