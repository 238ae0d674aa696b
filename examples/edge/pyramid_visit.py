"""A visit to a Pyramid application. Reads a cookie's value from the arguments, and prints the new value."""
import sys

from pyramid.request import Request
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

secret, value = sys.argv[1:]
request = Request.blank("/", headers={"Cookie": f"session={value}"})
session = SignedCookieSessionFactory(secret)(request)
print(session["visits"])
session["visits"] += 1
session.flash("Pyramid says hello.")
response = Response()
request._process_response_callbacks(response)
print(response.headers["Set-Cookie"].split(";")[0].split("=", 1)[1])
