//! A middleware that refuses requests from pages of other sites.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HeaderName, HeaderValue, ORIGIN, REFERER, UPGRADE};

use crate::frameworks::failure::TEXT;
use crate::session::csrf_origin::{CsrfOrigin, CsrfOriginError, is_safe};

/// Checks the [`CsrfOrigin`] of every request except `GET`, `HEAD`, `OPTIONS` and `TRACE`, and of every upgrade to a
/// websocket.
///
/// If the check fails, the response is a 403, and the app is not called. The body is the text of the
/// [`CsrfOriginError`], and the extensions hold it. The middleware needs no session.
///
/// # Example
/// ```
/// use actix_web::App;
/// use signed_cookie_session::CsrfOrigin;
/// use signed_cookie_session::actix_web::CsrfOriginMiddleware;
///
/// let origin = CsrfOrigin::new(["https://shop.example"])?;
/// let app = App::new().wrap(CsrfOriginMiddleware::new(origin));
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsrfOriginMiddleware(Arc<CsrfOrigin>);

impl CsrfOriginMiddleware {
    /// Creates a middleware that trusts these origins.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::CsrfOrigin;
    /// use signed_cookie_session::actix_web::CsrfOriginMiddleware;
    ///
    /// let middleware = CsrfOriginMiddleware::new(CsrfOrigin::new(["https://shop.example"])?);
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn new(origin: CsrfOrigin) -> Self {
        Self(Arc::new(origin))
    }

    fn check(&self, request: &ServiceRequest) -> Result<(), CsrfOriginError> {
        let headers = request.headers();
        if is_safe(request.method().as_str()) && !headers.contains_key(UPGRADE) {
            return Ok(());
        }
        let values = |name: HeaderName| headers.get_all(name).map(HeaderValue::as_bytes);
        self.0.check_values(values(HeaderName::from_static("sec-fetch-site")), values(ORIGIN), values(REFERER))
    }
}

impl<S, B> Transform<S, ServiceRequest> for CsrfOriginMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = CsrfOriginService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(CsrfOriginService { inner, middleware: self.clone() }))
    }
}

/// A service inside a [`CsrfOriginMiddleware`]. actix-web makes one for each worker.
#[derive(Debug)]
pub struct CsrfOriginService<S> {
    inner: S,
    middleware: CsrfOriginMiddleware,
}

impl<S, B> Service<ServiceRequest> for CsrfOriginService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if let Err(error) = self.middleware.check(&request) {
            let mut response = HttpResponse::Forbidden().content_type(TEXT).body(error.to_string());
            response.extensions_mut().insert(error);
            return Box::pin(ready(Ok(request.into_response(response).map_into_right_body())));
        }
        let response = self.inner.call(request);
        Box::pin(async move { Ok(response.await?.map_into_left_body()) })
    }
}
