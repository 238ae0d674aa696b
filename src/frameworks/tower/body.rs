//! The body of a response that went through a [`SessionLayer`](super::SessionLayer).

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response that went through a [`SessionLayer`](super::SessionLayer).
    ///
    /// It is the body of the inner service, unless the layer answers itself. The body of the layer's own 500 is the
    /// error's text in a debug build, and empty in a release build. The body of an answer to a device (feature
    /// `device-bound`) is JSON or empty.
    ///
    /// It implements [`Body`] if the inner body does and if its data can be made from a `Vec<u8>`, like `bytes::Bytes`.
    /// It can be compared with text if the inner body is text.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::tower::SessionBody;
    ///
    /// let body = SessionBody::from("Hello.");
    /// assert_eq!(body, "Hello.");
    /// assert_eq!(body.into_inner(), Some("Hello."));
    /// ```
    #[derive(Clone)]
    pub struct SessionBody<B> {
        #[pin]
        content: Content<B>,
    }
}

pin_project! {
    #[derive(Clone)]
    #[project = ContentProjection]
    enum Content<B> {
        Inner { #[pin] body: B },
        Sentence { text: String },
    }
}

impl<B> SessionBody<B> {
    /// Returns the inner service's body, or `None` if the layer answered itself.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::tower::SessionBody;
    ///
    /// assert_eq!(SessionBody::from(vec![1, 2, 3]).into_inner(), Some(vec![1, 2, 3]));
    /// ```
    pub fn into_inner(self) -> Option<B> {
        match self.content {
            Content::Inner { body } => Some(body),
            Content::Sentence { .. } => None,
        }
    }

    /// Returns a reference to the inner service's body, or `None` if the layer answered itself.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::tower::SessionBody;
    ///
    /// assert_eq!(SessionBody::from("Hello.").get_ref(), Some(&"Hello."));
    /// ```
    pub fn get_ref(&self) -> Option<&B> {
        match &self.content {
            Content::Inner { body } => Some(body),
            Content::Sentence { .. } => None,
        }
    }

    /// Creates the body of the layer's own answer.
    pub(crate) fn sentence(text: String) -> Self {
        Self { content: Content::Sentence { text } }
    }
}

impl<B> From<B> for SessionBody<B> {
    fn from(body: B) -> Self {
        Self { content: Content::Inner { body } }
    }
}

impl<B: Default> Default for SessionBody<B> {
    fn default() -> Self {
        B::default().into()
    }
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for SessionBody<B> {
    fn as_ref(&self) -> &[u8] {
        match &self.content {
            Content::Inner { body } => body.as_ref(),
            Content::Sentence { text } => text.as_bytes(),
        }
    }
}

/// Compares the body with text, for tests.
impl<B: AsRef<[u8]>, T: AsRef<[u8]> + ?Sized> PartialEq<T> for SessionBody<B> {
    fn eq(&self, other: &T) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl<B: fmt::Debug> fmt::Debug for SessionBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Inner { body } => body.fmt(f),
            Content::Sentence { text } => text.fmt(f),
        }
    }
}

impl<B: Body> Body for SessionBody<B>
where
    B::Data: From<Vec<u8>>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.project().content.project() {
            ContentProjection::Inner { body } => body.poll_frame(cx),
            ContentProjection::Sentence { text } if text.is_empty() => Poll::Ready(None),
            ContentProjection::Sentence { text } => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(text).into_bytes().into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Inner { body } => body.is_end_stream(),
            Content::Sentence { text } => text.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Inner { body } => body.size_hint(),
            Content::Sentence { text } => SizeHint::with_exact(text.len() as u64),
        }
    }
}
