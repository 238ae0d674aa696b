//! A shopping list with flash messages on actix-web.
//!
//! ```text
//! cargo run --example actix-web --features actix-web
//! curl -i -L -c jar -b jar http://localhost:3000/ -d figs
//! curl -i -c jar -b jar http://localhost:3000/
//! ```

use actix_web::web::{self, Redirect};
use actix_web::{App, HttpServer, rt};
use signed_cookie_session::actix_web::SessionMiddleware;
use signed_cookie_session::{BoxError, Secret, Session, SignedCookieFactory, ValueError};

async fn list(session: Session) -> Result<String, ValueError> {
    let messages: Vec<String> = session.flash().pop()?;
    let items: Vec<String> = session.get("items")?.unwrap_or_default();
    Ok(format!("{}\nItems: {}\n", messages.join("\n"), items.join(", ")))
}

async fn add(session: Session, item: String) -> Result<Redirect, ValueError> {
    let mut items: Vec<String> = session.get("items")?.unwrap_or_default();
    items.push(item);
    session.insert("items", items)?;
    session.flash().push("Your item was added.")?;
    Ok(Redirect::to("/").see_other())
}

fn main() -> Result<(), BoxError> {
    // A real app keeps its sessions over restarts: Secret::from_env("SESSION_SECRET")?
    let sessions = SignedCookieFactory::new(Secret::generate());
    let app = move || {
        App::new()
            .wrap(SessionMiddleware::new(sessions.clone()))
            .route("/", web::get().to(list))
            .route("/", web::post().to(add))
    };
    println!("http://localhost:3000/");
    // With actix-web's feature "macros": #[actix_web::main].
    Ok(rt::System::new().block_on(HttpServer::new(app).bind("127.0.0.1:3000")?.run())?)
}
