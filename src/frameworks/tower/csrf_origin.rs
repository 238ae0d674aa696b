//! A layer that refuses requests from pages of other sites.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CONTENT_TYPE, HeaderValue, UPGRADE};
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::frameworks::failure::TEXT;
use crate::frameworks::tower::SessionBody;
use crate::session::csrf_origin::{CsrfOrigin, CsrfOriginError, is_safe};

/// Checks the [`CsrfOrigin`] of every request except `GET`, `HEAD`, `OPTIONS` and `TRACE`, and of every upgrade to a
/// websocket.
///
/// If the check fails, the response is a 403, and the inner service is not called. The body is the text of the
/// [`CsrfOriginError`], and the extensions hold it.
///
/// The layer needs no session, and works around or inside a [`SessionLayer`](super::SessionLayer). Use either this
/// layer or tower-http's `CsrfLayer`, not both.
///
/// # Example
/// ```
/// use signed_cookie_session::tower::{CsrfOriginLayer, SessionLayer};
/// use signed_cookie_session::{CsrfOrigin, Secret, SignedCookieFactory};
/// # use axum::Router;
///
/// let origin = CsrfOrigin::new(["https://shop.example"])?;
/// let app: Router = Router::new()
///     .layer(SessionLayer::new(SignedCookieFactory::new(Secret::generate())))
///     .layer(CsrfOriginLayer::new(origin));
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsrfOriginLayer(Arc<CsrfOrigin>);

impl CsrfOriginLayer {
    /// Creates a layer that trusts these origins.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::CsrfOrigin;
    /// use signed_cookie_session::tower::CsrfOriginLayer;
    ///
    /// let layer = CsrfOriginLayer::new(CsrfOrigin::new(["https://shop.example"])?);
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn new(origin: CsrfOrigin) -> Self {
        Self(Arc::new(origin))
    }
}

impl<S> Layer<S> for CsrfOriginLayer {
    type Service = CsrfOriginService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CsrfOriginService { inner, layer: self.clone() }
    }
}

/// A service inside a [`CsrfOriginLayer`].
#[derive(Clone, Debug)]
pub struct CsrfOriginService<S> {
    inner: S,
    layer: CsrfOriginLayer,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for CsrfOriginService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = Response<SessionBody<ResBody>>;
    type Error = S::Error;
    type Future = CsrfOriginFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let is_upgrade = request.headers().contains_key(UPGRADE);
        if !is_safe(request.method().as_str()) || is_upgrade {
            if let Err(error) = self.layer.0.check(request.headers()) {
                return CsrfOriginFuture { state: State::Refused { error } };
            }
        }
        CsrfOriginFuture { state: State::Passed { response: self.inner.call(request) } }
    }
}

pin_project! {
    /// The response of a [`CsrfOriginService`].
    pub struct CsrfOriginFuture<R> {
        #[pin]
        state: State<R>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<R> {
        Passed { #[pin] response: R },
        Refused { error: CsrfOriginError },
    }
}

impl<R, ResBody, E> Future for CsrfOriginFuture<R>
where
    R: Future<Output = Result<Response<ResBody>, E>>,
{
    type Output = Result<Response<SessionBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Passed { response } => {
                response.poll(cx).map(|response| Ok(response?.map(SessionBody::from)))
            }
            StateProjection::Refused { error } => {
                let mut response = Response::new(SessionBody::sentence(error.to_string()));
                *response.status_mut() = StatusCode::FORBIDDEN;
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
                response.extensions_mut().insert(error.clone());
                Poll::Ready(Ok(response))
            }
        }
    }
}

impl<R> fmt::Debug for CsrfOriginFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfOriginFuture").finish_non_exhaustive()
    }
}
