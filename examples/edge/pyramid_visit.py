"""A visit to a Pyramid application: a cookie's value comes in, another one goes out."""
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
