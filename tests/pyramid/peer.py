"""The real Pyramid's sessions. Reads requests from standard input and writes answers to standard output.

Each request and each answer is one JSON object on one line. The request

  {"settings": {...}, "now": 1790000000.5, "cookie": "..." or null, "steps": [[what, ...], ...],
   "remember": name, "recall": name, "besides": [key, ...]}

loads the session as Pyramid does for a request with that cookie at that time, and runs the steps. The
answer is

  {"new": ..., "created": ..., "renewed": ..., "members": [[key, value as JSON text], ...],
   "results": [...], "cookie": "..." or null, "differences": [...]}

`new`, `created` and `renewed` are from before the steps, and `members` from after them. `cookie` is the
value of the Set-Cookie header, if Pyramid sets one. `remember` keeps the dict after the steps under a
name. `recall` compares the dict before the steps with the one of that name, including the types, and
lists the keys that are not equal in `differences`. The keys in `besides` are left out.

The steps are ["get", key], ["set", key, json], ["delete", key], ["flash", message, queue],
["flash_unique", message, queue], ["pop_flash", queue], ["peek_flash", queue], ["csrf"], ["new_csrf"],
["clear"], ["invalidate"], ["changed"], ["random", seed].
"""
import json
import random
import sys

import pyramid.session
from pyramid.request import Request
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory


class Clock:
    now = 0.0

    @classmethod
    def time(cls):
        return cls.now


pyramid.session.time = Clock
remembered = {}
ALPHABET = 'abcXYZ019 _-./:"\\<>&%;,=\x00\x1f\x7f\u00e9\u00df\u03bb\u4e2d\u2028\ufeff\U0001f36a\U0001d11e\U0010ffff\n\t'


def text(rng, longest):
    return ''.join(rng.choice(ALPHABET) for _ in range(rng.randrange(longest)))


def value(rng, depth=0):
    kind = rng.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.randrange(-10**6, 10**6)
    if kind == 2:
        return rng.choice([-1, 1]) * rng.getrandbits(rng.choice([53, 63, 64, 65, 128, 200]))
    if kind == 3:
        return rng.choice([rng.random(), rng.uniform(-1, 1) * 10.0 ** rng.randrange(-300, 300), float(rng.randrange(100)), -0.0])
    if kind in (4, 5):
        return text(rng, 20)
    if kind in (6, 7):
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {text(rng, 8): value(rng, depth + 1) for _ in range(rng.randrange(4))}


def fill(session, seed):
    """Fills the session at random, with Pyramid's own methods."""
    rng = random.Random(seed)
    for _ in range(rng.randrange(1, 6)):
        key = text(rng, 10)
        session[key] = value(rng)
        if len(json.dumps(session[key])) > 400:         # the session must fit into one cookie
            session[key] = 'large'
    for _ in range(rng.randrange(4)):
        session.flash(rng.choice([text(rng, 20), value(rng, 3)]), queue=rng.choice(['', 'error', text(rng, 4)]))
    if rng.random() < .5:
        session.new_csrf_token()


def do(session, what, *arguments):
    if what == 'random':
        return fill(session, *arguments)
    if what == 'set':
        session[arguments[0]] = json.loads(arguments[1])
    elif what == 'delete':
        del session[arguments[0]]
    elif what == 'flash_unique':
        session.flash(*arguments, allow_duplicate=False)
    else:
        method = {'csrf': 'get_csrf_token', 'new_csrf': 'new_csrf_token'}.get(what, what)
        return getattr(session, method)(*arguments)


def carrying(cookie):
    return {} if cookie is None else {'Cookie': 'other=1; session=' + cookie}


def differences(loaded, before, besides):
    """Returns the keys whose values or types differ. repr differs for 1, 1.0 and True."""
    keys = (loaded.keys() | before.keys()) - set(besides)
    return [key for key in sorted(keys)
            if key not in loaded or key not in before or repr(loaded[key]) != repr(before[key])]


def visit(settings, now, cookie, steps=(), remember=None, recall=None, besides=()):
    Clock.now = now
    settings = settings | {name: bytes.fromhex(settings[name]) for name in ('secret', 'salt')}
    request = Request.blank('/', headers=carrying(cookie))
    session = SignedCookieSessionFactory(**settings)(request)
    answer = {'new': session.new, 'created': session.created, 'renewed': session.renewed}
    if recall is not None:
        answer['differences'] = differences(dict.copy(session), remembered[recall], besides)
    answer['results'] = [do(session, *step) for step in steps]
    members = dict.copy(session)
    if remember is not None:
        remembered[remember] = members
    answer['members'] = [[key, json.dumps(value)] for key, value in members.items()]
    response = Response()
    request._process_response_callbacks(response)
    line = response.headers.get('Set-Cookie')
    answer['cookie'] = line and line.split(';')[0].removeprefix('session=')
    return answer


for line in sys.stdin:
    print(json.dumps(visit(**json.loads(line))), flush=True)
