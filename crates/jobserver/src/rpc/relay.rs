//! Calls of administrators from afar to the other servers of the installation: this server has the port, the people and their
//! rights, so it judges and writes down the call as its own, and passes it on.
//!
//! Nothing is unpacked on the way: a long export streams through. The password stays here; the other server is told who asks and
//! what they may not see (`rpc::person`), and trusts that, because only servers of the installation reach it.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::actor::Actor;
use crate::state::Jobserver;

/// The service `S` of another server. Stands behind the authorisation, never in front of it.
pub(crate) struct Relay<S> {
    server: &'static str,
    channel: Channel,
    state: Jobserver,
    service: PhantomData<fn() -> S>,
}

impl<S> Relay<S> {
    /// Calls go to `channel`, where `server` listens.
    pub(crate) fn new(server: &'static str, channel: Channel, state: &Jobserver) -> Self {
        Self { server, channel, state: state.clone(), service: PhantomData }
    }
}

impl<S> Clone for Relay<S> {
    fn clone(&self) -> Self {
        Self::new(self.server, self.channel.clone(), &self.state)
    }
}

impl<S: NamedService> NamedService for Relay<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Relay<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The channel is asked within the call: when it is away, that is an answer.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (server, mut channel) = (self.server, self.channel.clone());
        let (mut head, body) = request.into_parts();
        // Who asked was settled here.
        let actor = head.extensions.remove::<Actor>().unwrap_or_default();
        head.headers.remove(AUTHORIZATION);
        rpc::person::put(&mut head.headers, actor.name(), !actor.sees_document_names(&self.state.0));
        head.extensions = http::Extensions::new();
        Box::pin(async move {
            let passed_on = async {
                std::future::poll_fn(|context| channel.poll_ready(context)).await?;
                channel.call(Request::from_parts(head, body)).await
            };
            Ok(passed_on.await.unwrap_or_else(|error| {
                tracing::warn!(server, %error, "a call could not be passed on");
                let text = format!("the {server} does not answer; try again in a moment");
                Status::new(Code::Unavailable, text).into_http()
            }))
        })
    }
}
