#!/usr/bin/env python3
"""Writes conformance vectors made by the real Pyramid (SignedCookieSessionFactory + WebOb).

usage: make_vectors.py usual tests/vectors/pyramid.json [SEED]
       make_vectors.py more tests/vectors/pyramid_more.json [SEED]
needs: pip install -r tests/pyramid/requirements.txt

Each vector is one cookie value and Pyramid's result for it:
  name      what the case is about
  secret    hex of the secret's bytes as HMAC gets them
  salt      hex of the salt's bytes
  hashalg   sha256 | sha384 | sha512
  cookie    the cookie value, as it is in the Cookie header
  json      the signed JSON text, hex of its bytes (absent if the cookie was damaged)
  now       unix time at which Pyramid loaded it
  timeout   seconds or null, reissue_time seconds or null
  expect    {"new": bool, "created": float, "renewed": float, "reissued": bool} and
            "state": {...}, or "members": [[key, value], ...] as JSON texts, because Python may
            write JSON that other readers refuse (NaN, halves of surrogate pairs).
            'reissued' says whether reading one key made Pyramid set a new cookie.
            A time that is not finite is null. If Pyramid raised an exception, which is an internal
            error of the site, there is only {"error": "..."}
  strict    true if this library must refuse a cookie that Pyramid accepts (Pyramid ignores bytes
            that are not base64, and this library accepts one spelling only)
"""
import base64
import hashlib
import hmac
import itertools
import json
import math
import random
import sys

import pyramid.session as ps
from pyramid import testing
from pyramid.session import SignedCookieSessionFactory
from webob.cookies import SignedSerializer

NOW = 1_790_000_000
KEY = b'k' * 64
SALT = b'pyramid.session.'


class Clock:
    """Replaces Pyramid's clock in this process."""

    now = NOW

    @classmethod
    def time(cls):
        return float(cls.now)


ps.time = Clock
vectors = []
rng = random.Random()


def rand_text(n):
    pool = 'abcXYZ019 _-./:"\\<>&\u00e9\u03bb\u4e2d\U0001f36a\n\t\u2028'
    return ''.join(rng.choice(pool) for _ in range(n))


def rand_value(depth=0):
    kind = rng.randrange(8 if depth < 3 else 5)
    if kind == 0:
        return None
    if kind == 1:
        return rng.random() < .5
    if kind == 2:
        return rng.choice([0, -1, 1, 2**31, -2**31, 2**53, -2**53, 2**63 - 1, -2**63, 2**64 - 1])
    if kind == 3:
        return rng.choice([0.0, -0.5, 1e-7, 1.5e300, 3.141592653589793, 1e16])
    if kind == 4:
        return rand_text(rng.randrange(24))
    if kind in (5, 6):
        return [rand_value(depth + 1) for _ in range(rng.randrange(4))]
    return {rand_text(rng.randrange(1, 8)): rand_value(depth + 1) for _ in range(rng.randrange(4))}


def sign(body, secret=KEY, salt=SALT, alg='sha512'):
    sig = hmac.new(salt + secret, body, getattr(hashlib, alg)).digest()
    return base64.urlsafe_b64encode(sig + body).rstrip(b'=').decode()


def observe(cookie, secret, salt, alg, timeout, reissue, members):
    request = testing.DummyRequest()
    request.cookies['session'] = cookie
    session = SignedCookieSessionFactory(secret, salt=salt, hashalg=alg, timeout=timeout,
                                         reissue_time=reissue)(request)
    created, renewed, new = session.created, session.renewed, session.new
    state = dict.copy(session)
    session.get('anything')
    seen = {'new': new}
    if members:
        seen['members'] = [[json.dumps(key), json.dumps(value)] for key, value in state.items()]
    else:
        seen['state'] = state
    finite = lambda at: at if math.isfinite(at) else None
    return seen | {'created': finite(created), 'renewed': finite(renewed), 'reissued': bool(session._dirty)}


def add(name, body=None, cookie=None, secret=KEY, salt=SALT, alg='sha512', timeout=1200, reissue=0,
        strict=False, members=False):
    if cookie is None:
        cookie = sign(body, secret, salt, alg)
    row = {'name': name, 'secret': secret.hex(), 'salt': salt.hex(), 'hashalg': alg, 'cookie': cookie,
           'now': Clock.now, 'timeout': timeout, 'reissue_time': reissue, 'strict': strict,
           'expect': observe(cookie, secret, salt, alg, timeout, reissue, members)}
    if body is not None:
        row['json'] = body.hex()
    vectors.append(row)


def dumps(renewed, created, state):
    return json.dumps((renewed, created, state)).encode()


def usual():
    # sessions as Pyramid writes them
    for i in range(40):
        secret = bytes(rng.randrange(256) for _ in range(rng.choice([1, 12, 32, 64, 127, 128, 129, 200, 1024])))
        salt = rng.choice([b'pyramid.session.', b'', b'f.', b'shop.cart.'])
        alg = rng.choice(['sha512', 'sha512', 'sha256', 'sha384'])
        state = {rand_text(rng.randrange(1, 10)): rand_value() for _ in range(rng.randrange(6))}
        add(f'roundtrip-{i}', dumps(NOW - rng.randrange(1200), NOW - 5000 - rng.random(), state), secret=secret,
            salt=salt, alg=alg, reissue=rng.choice([0, None, 60, 600]))
    # time
    for age in (0, 1, 1199, 1200, 1201, 10**6):
        for timeout in (1200, None, 0):
            add(f'age-{age}-timeout-{timeout}', dumps(NOW - age, NOW - age - 7.25, {'a': 1}), timeout=timeout)
    for age in (0, 59, 60, 61, 1000):
        for reissue in (0, 60, None):
            add(f'reissue-{reissue}-age-{age}', dumps(NOW - age, 0, {'a': 1}), reissue=reissue)
    add('renewed-in-the-future', dumps(NOW + 90, NOW + 90, {'a': 1}))
    add('renewed-float', dumps(NOW - 10.5, NOW - 20.25, {'a': 1}))
    # flash queues and CSRF token, as Pyramid stores them
    add('flash', dumps(NOW, NOW, {'_f_': ['one', 'two'], '_f_error': ['bad'], '_csrft_': 'ab' * 20}))
    # signed, but not a session
    for name, body in [('not-json', b'nope'), ('empty', b''), ('null', b'null'), ('string', b'"abc"'),
                       ('number', b'3'), ('two-items', b'[1, 2]'), ('four-items', b'[1,2,{},4]'),
                       ('object', b'{}'), ('renewed-null', b'[null, 0, {}]'), ('renewed-text', b'["x", 0, {}]'),
                       ('bad-utf8', b'[1790000000, 0, {"a": "\xff"}]'), ('trailing', b'[1790000000,0,{}] x')]:
        add('signed-' + name, body)
    # damaged
    good = sign(dumps(NOW, NOW, {'a': 1}))
    for i in sorted(rng.sample(range(len(good) - 1), 24)):
        flipped = good[:i] + ('A' if good[i] != 'A' else 'B') + good[i + 1:]
        add(f'flipped-{i}', cookie=flipped)
    for n in (0, 1, 2, 43, 84, 85, 86, 87, len(good) - 1):
        add(f'truncated-{n}', cookie=good[:n])
    add('wrong-secret', cookie=sign(dumps(NOW, NOW, {'a': 1}), secret=b'x' * 64))
    add('wrong-salt', cookie=sign(dumps(NOW, NOW, {'a': 1}), salt=b'other.'))
    add('wrong-alg', cookie=sign(dumps(NOW, NOW, {'a': 1}), alg='sha256'))
    for i, junk in enumerate(['!', ' ', '\u00e9'.encode().decode('latin-1'), '=', '.']):
        at = rng.randrange(2, len(good) - 2)
        try:
            add(f'junk-{i}', cookie=good[:at] + junk + good[at:], strict=True)
        except Exception as error:                  # WebOb raised an exception: nothing to compare with
            print('left out', i, error, file=sys.stderr)


def more():
    short = {'secret': b'short', 'alg': 'sha256'}   # a short secret and hash keep the file small

    def odd(name, body, **settings):
        settings = short | settings
        try:
            add(name, body if isinstance(body, bytes) else body.encode(), members=True, **settings)
        except (TypeError, ValueError, OverflowError) as error:
            vectors.append({'name': name, 'secret': settings['secret'].hex(), 'salt': SALT.hex(),
                            'hashalg': settings['alg'], 'cookie': sign(body.encode(), **short), 'json': body.encode().hex(), 'now': Clock.now,
                            'timeout': 1200, 'reissue_time': 0, 'strict': False,
                            'expect': {'error': type(error).__name__}})

    def of(state, **settings):
        return json.dumps((NOW - 5, NOW - 70.125, state), **settings)

    def spelled(members):
        return f'[{NOW - 5}, {NOW - 70}.125, {{{members}}}]'

    # text
    odd('surrogate-pairs', of({'\U0001f36a': '\U0001d11e\U0010ffff', 'mix\U00010000ed': ['\U0001f468\u200d\U0001f469']}))
    odd('utf-8-unescaped', of({'größe': 'λ 中 \U0001f36a \u2028 \u007f', 'é': {'ß': 'ÿ'}}, ensure_ascii=False))
    odd('every-escape', spelled(r'"a\"b\\c\/d\be\ff\ng\rh\ti": "\"\\\/\b\f\n\r\t\u0000\u001f\u007F\u00e9\u20AC"'))
    odd('controls', of({'\x00\x01\x1f': '\x00\x07\x1b', 'del': '\x7f\x80\x9f'}))
    odd('lone-high-surrogate', of({'odd': 'a\ud83c', 'fine': 1}))
    odd('lone-low-surrogate', of({'odd': '\udf6ab', 'fine': 1}))
    odd('surrogates-the-wrong-way-round', of({'odd': '\udf6a\ud83c', 'fine': 1}))
    odd('lone-surrogate-within-a-list', of({'odd': ['fine', ['\ud800']], 'fine': [2]}))
    odd('lone-surrogate-in-a-key', of({'\ud800': 1, 'fine': 2}))
    odd('text-like-a-frame', of({'a': '], {', 'b': '\\"}]', '": ': '[1, 2, {"a": 1}]', '\\': '\\', '\\"': '"\\'}))
    # numbers
    odd('nan', of({'odd': math.nan, 'fine': 1.5}))
    odd('infinities', of({'odd': math.inf, 'minus': -math.inf, 'fine': -1}))
    odd('nan-within-an-object', of({'odd': {'x': [0, math.nan]}, 'fine': {'x': [0]}}))
    odd('ints-beyond-64-bits', of({f'{sign_}2**{n}': int(f'{sign_}1') * 2**n for sign_ in ('', '-')
                                   for n in (63, 64, 65, 127, 128, 300, 1000)}))
    odd('ints-at-the-edge', of({str(n): n for n in (2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -2**63, -2**63 - 1)}))
    odd('floats', of({str(i): x for i, x in enumerate([
        5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1 + 0.2, -0.0, 1e22, 1e23, 1.0, 100.0,
        9007199254740993.0, 0.000123, 1e-5, 8.41, 9.5367431640625e-07, 2.5e15, 123456789012345680.0])}))
    odd('floats-at-random', of({str(i): rng.uniform(-1, 1) * 10.0 ** rng.randrange(-300, 300) for i in range(40)}))
    odd('numbers-as-others-spell-them', spelled('"a": 1E5, "b": 1e+05, "d": 1.50, "e": 0.1e-1, "f": -0.0, '
                                                '"g": 100000000000000000000000000000000000.5, "h": 1e400'))
    # shape
    odd('no-keys', of({}))
    odd('hundred-keys', of({f'key-{i}': i * i for i in range(100)}))
    odd('empty-key', of({'': 'empty', ' ': 'space'}))
    odd('empty-values', of({'text': '', 'list': [], 'dict': {}, 'none': None, 'deep': [[], {}, [[]], {'': {}}]}))
    odd('keys-python-made-of-others', json.dumps((NOW - 5, NOW - 70.125, {1: 'int', 2.5: 'float', True: 'bool', None: 'none'})))
    odd('keys-escaped', spelled(r'"\u0061": 1, "\u00e9\ud83c\udf6a": 2, "a\/b": 3, "\u0022": 4, "x\\": 5'))
    odd('keys-twice', spelled('"a": 1, "b": 2, "a": 3'))
    odd('keys-twice-by-escapes', spelled(r'"a": 1, "b": [2], "\u0061": 3, "\u0062": {"c": 4, "c": 5}'))
    odd('keys-thrice-the-last-one-odd', spelled('"a": 1, "a": 2, "a": NaN, "b": 0'))
    for depth in (10, 100, 400):
        odd(f'lists-{depth}-deep', of({'deep': json.loads('[' * depth + ']' * depth), 'fine': 1}))
        odd(f'dicts-{depth}-deep', of({'deep': json.loads('{"k":' * depth + '0' + '}' * depth), 'fine': 1}))
    odd('another-spacing', f' [ {NOW - 5} ,\t{NOW - 70}.125,\r\n{{ "a" : [ 1 ,2 ] ,"b":{{}} }} ] \n')
    odd('no-spacing', of({'a': [1, 2], 'b': {'c': None}}, separators=(',', ':')))
    odd('reserved-keys-of-odd-shape', of({'_f_': 'no list', '_f_x': {'a': 1}, '_csrft_': 5, '_f': [1]}))
    # times, as Python writes them, as other programs write them, and in forms that nobody writes
    for text in ('1789999930', '1789999930.0', '1789999929.999999', '1789999930.5000000', '1.78999993e9', '1.78999993E+09',
                 '178999993e1', '1789999930.1234567', '0', '-0', '0.0', '-1', '-1.5', '-86400.000001', '1e-7', '-62135596800',
                 '253402300799', '253402300799.5', '253402300800', '-62135596801', '1e11', '1e12', '1e300', '-1e300',
                 '1e400', '9' * 30, 'NaN', 'Infinity', '-Infinity', 'true', 'false', 'null', '"1789999930"', '[]', '{}'):
        odd(f'created-{text}', f'[{NOW - 5}, {text}, {{"a": 1}}]')
        odd(f'renewed-{text}', f'[{text}, {NOW - 70}.125, {{"a": 1}}]', timeout=None, reissue=None)
    odd('renewed-an-int-no-float-holds', f'[1{"0" * 400}, 0, {{"a": 1}}]')
    # a third item that is not an object
    for text in ('[]', '[["a", 1]]', '["ab"]', '[1]', '"ab"', '""', '1', 'null', 'true'):
        odd(f'state-{text}', f'[{NOW}, {NOW}, {text}]')
    # a clock between two seconds
    for fraction in (0.25, 0.5, 0.75):
        Clock.now = NOW + fraction
        for age in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 60.0, 60.5, 61.0, 61.25):
            odd(f'age-{age}-at-{fraction}', dumps(Clock.now - age, NOW - 70.125, {'a': 1}), timeout=60,
                reissue=rng.choice([0, 1, None]))
    Clock.now = NOW
    # secrets and salts that are text, as in a site's settings
    algorithms = itertools.cycle(['sha512', 'sha256', 'sha384'])
    for name, secret, salt in [
        ('ascii', 'seekrit' * 10, 'pyramid.session.'), ('latin-1-secret', 'schlüssel' * 8, 'pyramid.session.'),
        ('latin-1-salt', 'seekrit' * 10, 'größe.'), ('latin-1-both', 'ÿþýü' * 16, 'é.'),
        ('utf-8-secret', 'ключ' * 10, 'pyramid.session.'), ('utf-8-secret-latin-1-salt', 'ключ' * 10, 'é.'),
        ('latin-1-secret-utf-8-salt', 'schlüssel' * 8, '中.'), ('astral', '\U0001f511' * 16, '\U0001f36a.'),
        ('no-salt', 'seekrit' * 10, ''),
    ]:
        alg = next(algorithms)
        cookie = SignedSerializer(secret, salt, alg).dumps((NOW - 5, NOW - 70.125, {'salt': salt})).decode()
        seen = observe(cookie, secret, salt, alg, 1200, 0, True)
        assert not seen['new']
        encoding = 'latin-1' if all(ord(c) < 256 for c in secret + salt) else 'utf-8'
        odd(f'text-{name}', base64.urlsafe_b64decode(cookie + '==')[hashlib.new(alg).digest_size:],
            cookie=cookie, secret=secret.encode(encoding), salt=salt.encode(encoding), alg=alg)
        assert vectors[-1]['expect'] == seen
    # other spellings of one session
    for length in (1, 2, 3):
        body = dumps(NOW, NOW, {'a': 'x' * length})
        good = sign(body)
        alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
        last = alphabet[alphabet.index(good[-1]) ^ 1]
        add(f'last-bits-{len(good) % 4}', cookie=good[:-1] + last, strict=True, members=True)
        if len(good) % 4:
            add(f'padded-{len(good) % 4}', cookie=good + '=' * (-len(good) % 4), strict=True, members=True)
    add('standard-alphabet', cookie=base64.b64encode(base64.urlsafe_b64decode(good + '==')).decode().rstrip('='), strict=True,
        members=True)
    # longer than a browser stores
    add('too-large', dumps(NOW, NOW, {'a': 'x' * 2980}), members=True)


def main():
    kind, out = sys.argv[1:3]
    rng.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    {'usual': usual, 'more': more}[kind]()
    rows = ',\n'.join(json.dumps(vector, separators=(',', ':'), allow_nan=False) for vector in vectors)
    with open(out, 'w') as file:
        file.write('{"made_by":"pyramid 2.1, WebOb 1.8","vectors":[\n' + rows + '\n]}\n')
    refused = sum(bool(v['expect'].get('new', True)) for v in vectors)
    print(len(vectors), 'vectors', refused, 'refused')


main()
