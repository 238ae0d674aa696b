"""The real Pyramid as a contestant of the benches.

    python pyramid_peer.py decode|request SECRET COOKIE

COOKIE is a cookie value for `decode`, and a whole Cookie header for `request`. First prints one line,
the dict that is the result of the job. Then, for every number on standard input, does the job that
many times and prints how many nanoseconds it took.

Needs: pip install pyramid==2.1
"""

import io
import json
import sys
import time

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.session import JSONSerializer, SignedCookieSessionFactory
from webob.cookies import SignedSerializer

TIMEOUT = 24 * 60 * 60


def serializer(secret):
    """Returns the serializer that SignedCookieSessionFactory makes internally."""
    return SignedSerializer(secret, "pyramid.session.", "sha512", serializer=JSONSerializer())


def decoder(secret, cookie):
    value = cookie.encode("ascii")
    loads = serializer(secret).loads

    def decode():
        return loads(value)

    renewed, created, dict_ = decode()
    return decode, dict_


def application(secret, cookies):
    def count(request):
        request.session["visits"] += 1
        return Response("")

    with Configurator() as config:
        config.set_session_factory(SignedCookieSessionFactory(secret, timeout=TIMEOUT))
        config.add_route("count", "/count")
        config.add_view(count, route_name="count")
        app = config.make_wsgi_app()

    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/count",
        "QUERY_STRING": "",
        "SERVER_NAME": "example.com",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "example.com",
        "HTTP_COOKIE": cookies,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    sent = []

    def start_response(status, headers, exc_info=None):
        sent[:] = [status, headers]

    def request():
        return b"".join(app(environ.copy(), start_response))

    request()
    status, headers = sent
    assert status.startswith("200"), status
    line = next(value for name, value in headers if name == "Set-Cookie")
    value = line.split(";")[0].partition("=")[2]
    renewed, created, dict_ = serializer(secret).loads(value.encode("ascii"))
    return request, dict_


def main():
    job, secret, cookie = sys.argv[1:]
    do, dict_ = {"decode": decoder, "request": application}[job](secret, cookie)
    print(json.dumps(dict_), flush=True)
    for line in sys.stdin:
        times = range(int(line))
        start = time.perf_counter_ns()
        for _ in times:
            do()
        print(time.perf_counter_ns() - start, flush=True)


if __name__ == "__main__":
    main()
