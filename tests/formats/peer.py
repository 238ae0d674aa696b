"""Flask, Django and Starlette. Reads requests from standard input and writes answers to standard output. Each is one
line of JSON.

    {"framework": "flask", "secret": "…", "do": "make", "seed": 7}
        The framework writes a random session, which is the same for the same seed.
        -> {"cookies": {"session": "…"}, "json": the text in the cookie}
    {…, "do": "check", "seed": 7, "cookies": {…}, "besides": ["rust"]}
        Checks whether the framework reads the session of that seed from these cookies.
        -> {"difference": null or a sentence, "json": what it reads, as JSON}
    {…, "do": "read", "cookies": {…}}      -> {"json": …}, null if the framework does not accept them
    {…, "do": "try", "cookies": {…}}       -> the same; null also if the framework raises an error
    {…, "do": "write", "json": "…"}        -> {"cookies": {…}}, with that session
    {…, "do": "sign", "body": "…"}         -> {"cookies": {…}}, with any text and a valid signature
    {…, "do": "set", "cookies": {…}, "key": "k", "json": "…"}   -> {"cookies": {…}}
    {"framework": "flask", …, "do": "page", "path": "/count", "cookies": {…}}
        A Flask site answers with a page. -> {"body": "…", "set_cookies": ["…"]}
"""

import asyncio
import datetime
import importlib
import json
import random
import sys
import uuid

ALPHABET = "abcXYZ019 _-./:\"\\<>&%;,=\0\x1f\x7féßλ中\u2028\ufeff\U0001f36a\U0010ffff\n\t"
HIDDEN = ("_created_", "_renewed_")


def text(rng, longest):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(longest)))


def value(rng, depth, tags):
    kind = rng.randrange(16 if depth < 4 else 11)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.randrange(-2 ** 40, 2 ** 40)
    if kind == 2:
        return rng.choice([-1, 1]) * rng.randrange(2 ** 64, 2 ** 200)
    if kind == 3:
        return rng.choice([0.0, -0.0, 0.1, 1e16, 1e22, 1e-7, 123456789.125, rng.random()])
    if kind in (4, 5) or (kind < 11 and not tags):
        return text(rng, 20)
    if kind == 6:
        return rng.randbytes(rng.randrange(20))
    if kind == 7:
        return uuid.UUID(int=rng.getrandbits(128))
    if kind == 8:
        return datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=rng.randrange(10 ** 8))
    if kind == 9:
        from markupsafe import Markup
        return Markup(text(rng, 20))
    if kind == 10:
        return {rng.choice([" t", " b", " di", " x"]): value(rng, depth + 1, tags)} if depth < 4 else "deep"
    if kind == 11:
        return tuple(value(rng, depth + 1, tags) for _ in range(rng.randrange(4))) if tags else []
    if kind in (12, 13):
        return [value(rng, depth + 1, tags) for _ in range(rng.randrange(4))]
    return {text(rng, 8): value(rng, depth + 1, tags) for _ in range(rng.randrange(4))}


def session_of(seed, tags):
    """Returns the random session of a seed, which fits into a cookie. Every fifth one gets smaller when compressed."""
    rng = random.Random(seed)
    session = {}
    for _ in range(rng.randrange(1, 6)):
        made = value(rng, 0, tags)
        session[text(rng, 10) + rng.choice("abc")] = made if len(repr(made)) < 400 else "large"
    if seed % 5 == 0:
        session["pages"] = ["https://shop.example/articles/%d" % (page % 3) for page in range(60)]
    return session


class Flask:
    tags = True

    def __init__(self, secret):
        import flask
        self.app = app = flask.Flask("peer")
        app.secret_key = secret
        self.serializer = app.session_interface.get_signing_serializer(app)

        @app.get("/count")
        def count():
            flask.session["count"] = flask.session.get("count", 0) + 1
            return str(flask.session["count"])

        @app.get("/login/<user>")
        def login(user):
            flask.session.clear()
            flask.session["_user_id"] = user
            flask.session.permanent = True
            flask.flash("Welcome, " + user + ".")
            flask.flash("Your password is old.", "warning")
            return "in"

        @app.get("/logout")
        def logout():
            flask.session.clear()
            return "out"

        @app.get("/me")
        def me():
            return flask.session.get("_user_id", "nobody")

        @app.get("/flashes")
        def flashes():
            return json.dumps(flask.get_flashed_messages(with_categories=True))

        @app.get("/keys")
        def keys():
            return json.dumps(sorted(flask.session))

    def page(self, path, cookies):
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        response = self.app.test_client(use_cookies=False).get(path, headers={"Cookie": header} if header else {})
        return {"body": response.get_data(as_text=True), "set_cookies": response.headers.getlist("Set-Cookie"),
                "status": response.status_code}

    def context(self, cookies):
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return self.app.test_request_context("/", headers={"Cookie": header})

    def read(self, cookies):
        with self.context(cookies) as context:
            # Flask returns an empty session for a cookie that it does not accept.
            session = self.app.session_interface.open_session(self.app, context.request)
            return dict(session) if session else None

    def write(self, session):
        with self.context({}) as context:
            opened = self.app.session_interface.open_session(self.app, context.request)
            opened.update(session)
            response = self.app.make_response("")
            self.app.session_interface.save_session(self.app, opened, response)
            value = response.headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
            return {"session": value}

    def sign(self, body):
        return {"session": self.serializer.make_signer(self.serializer.salt).sign(body).decode()}

    def text(self, session):
        # The app's own JSON sorts its keys.
        with self.app.app_context():
            return self.serializer.serializer.dumps(session)


class Django:
    tags = False

    def __init__(self, secret):
        from django.conf import settings
        if not settings.configured:
            settings.configure(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
        settings.SECRET_KEY = secret
        self.engine = importlib.import_module("django.contrib.sessions.backends.signed_cookies")

    def read(self, cookies):
        return self.engine.SessionStore(cookies["sessionid"]).load() or None

    def write(self, session):
        store = self.engine.SessionStore()
        store.update(session)
        store.save()
        return {"sessionid": store.session_key}

    def sign(self, body):
        from django.core.signing import TimestampSigner
        return {"sessionid": TimestampSigner(salt=self.engine.__name__).sign(body)}

    def text(self, session):
        return json.dumps(session, separators=(",", ":"))


class Starlette:
    tags = False

    def __init__(self, secret):
        self.secret = secret

    def run(self, cookies, change):
        from starlette.middleware.sessions import SessionMiddleware
        seen, sent = {}, []

        async def app(scope, receive, send):
            seen["session"] = dict(scope["session"])
            if change is not None:
                scope["session"].update(change)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def send(message):
            sent.append(message)

        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"cookie", header.encode("latin-1"))]}
        asyncio.run(SessionMiddleware(app, secret_key=self.secret)(scope, None, send))
        lines = [value.decode() for name, value in sent[0]["headers"] if name.lower() == b"set-cookie"]
        return seen["session"], lines

    def read(self, cookies):
        return self.run(cookies, None)[0] or None

    def write(self, session):
        _, lines = self.run({}, session)
        return {"session": lines[0].split(";")[0].split("=", 1)[1]}

    def sign(self, body):
        from itsdangerous import TimestampSigner
        return {"session": TimestampSigner(self.secret).sign(body).decode()}

    def text(self, session):
        return json.dumps(session)


def typed(item):
    """Returns a value with its types, and sorts the keys of every dict: 1 is not True, and "a" is not Markup("a")."""
    if isinstance(item, dict):
        return "dict", sorted((key, typed(inner)) for key, inner in item.items())
    if isinstance(item, (list, tuple)):
        return type(item).__name__, [typed(inner) for inner in item]
    return type(item).__name__, repr(item)


def answer(peer, asked):
    if asked["do"] == "page":
        return peer.page(asked["path"], asked["cookies"])
    if asked["do"] == "make":
        session = session_of(asked["seed"], peer.tags)
        return {"cookies": peer.write(session), "json": peer.text(session)}
    if asked["do"] == "check":
        wanted = session_of(asked["seed"], peer.tags)
        read = peer.read(asked["cookies"])
        if read is None:
            return {"difference": "it is not accepted"}
        rest = {key: item for key, item in read.items() if key not in HIDDEN and key not in asked["besides"]}
        same = typed(rest) == typed(wanted)
        return {"difference": None if same else f"{rest!r} instead of {wanted!r}", "json": peer.text(read)}
    if asked["do"] == "read":
        read = peer.read(asked["cookies"])
        return {"json": None if read is None else peer.text(read)}
    if asked["do"] == "try":
        try:
            read = peer.read(asked["cookies"])
            return {"json": None if read is None else peer.text(read)}
        except Exception:
            return {"json": None}
    if asked["do"] == "write":
        return {"cookies": peer.write(json.loads(asked["json"]))}
    if asked["do"] == "sign":
        return {"cookies": peer.sign(asked["body"])}
    if asked["do"] == "set":
        read = peer.read(asked["cookies"])
        read[asked["key"]] = json.loads(asked["json"])
        return {"cookies": peer.write(read)}
    raise ValueError(asked["do"])


def main():
    frameworks = {"flask": Flask, "django": Django, "starlette": Starlette}
    peers = {}
    for line in sys.stdin:
        asked = json.loads(line)
        key = asked["framework"], asked["secret"]
        if key not in peers:
            peers[key] = frameworks[key[0]](key[1])
        print(json.dumps(answer(peers[key], asked)), flush=True)


main()
