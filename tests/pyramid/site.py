"""A small site on the real Pyramid, under waitress, with the demo's counter and flash messages.

The environment sets PORT (0 or absent: any free port) and SESSION_SECRET. The first line of the output
is `listening on http://127.0.0.1:PORT/`.
"""
import os
from html import escape

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from pyramid.view import view_config
from waitress import create_server


@view_config(route_name='home')
@view_config(route_name='howdy')
def page(request):
    session = request.session
    session['counter'] = session.get('counter', 0) + 1
    messages = ''.join(f'<p class="flash">{escape(message)}</p>' for message in session.pop_flash())
    return Response(f'{messages}<output id="counter">{session["counter"]}</output>')


@view_config(route_name='items', request_method='POST')
def add_item(request):
    request.session.flash('Your item was added.')
    return HTTPSeeOther('/')


with Configurator() as config:
    config.set_session_factory(SignedCookieSessionFactory(os.environ['SESSION_SECRET'], httponly=True))
    config.add_route('home', '/')
    config.add_route('howdy', '/howdy')
    config.add_route('items', '/items')
    config.scan()
    app = config.make_wsgi_app()

server = create_server(app, host='127.0.0.1', port=int(os.environ.get('PORT') or 0))
print(f'listening on http://127.0.0.1:{server.effective_port}/', flush=True)
server.run()
