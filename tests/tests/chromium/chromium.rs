//! Chromium without a window, in a session of its own.

use std::process::Command;

use argus_tests::installation::free_port;
use argus_tests::server::Server;
use argus_tests::until::PATIENCE;
use argus_tests::{Installation, until};
use base64::Engine;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// Keeps what the content security policy forbade, over all pages of a session.
const WATCH_POLICY: &str = "document.addEventListener('securitypolicyviolation', event => { \
    const seen = JSON.parse(sessionStorage.getItem('violations') ?? '[]'); \
    seen.push(`${document.location.pathname}: ${event.violatedDirective} ${event.blockedURI}`); \
    sessionStorage.setItem('violations', JSON.stringify(seen)); });";

pub(crate) struct Chromium {
    driver: WebDriver,
    issuer: String,
    _server: Server,
}

impl Chromium {
    /// Starts a browser that looks at an installation.
    pub(crate) async fn start(argus: &Installation) -> Self {
        let port = free_port();
        let log = argus.data().join(format!("chromedriver-{port}.log"));
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let address = format!("http://127.0.0.1:{port}");
        let server = Server::supervise(&command, &log, None, &format!("{address}/status"), PATIENCE);
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en"] {
            capabilities.add_arg(argument).unwrap();
        }
        let driver = WebDriver::new(&address, capabilities).await.unwrap();
        let chromium = Self { driver, issuer: argus.issuer().to_owned(), _server: server };
        chromium.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": WATCH_POLICY})).await;
        chromium
    }

    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(command, parameters).await.unwrap()
    }

    /// How large the window is, and whether the reader likes it dark.
    pub(crate) async fn look(&self, width: u32, dark: bool) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }}]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Opens a path of the server.
    pub(crate) async fn open(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.issuer)).await.unwrap();
    }

    /// Waits until the browser is at a path.
    pub(crate) async fn until_at(&self, path: &str) {
        until(&format!("the browser is at {path}"), async || (self.path().await == path).then_some(())).await;
    }

    /// Where the browser is: the path.
    pub(crate) async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    pub(crate) async fn element(&self, css: &str) -> WebElement {
        until(&format!("{css} is there"), async || self.driver.find(By::Css(css)).await.ok()).await
    }

    /// Types into an empty field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let element = self.element(css).await;
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// Chooses an option by its text, as by keyboard.
    pub(crate) async fn choose(&self, css: &str, option: &str) {
        self.element(css).await.send_keys(option).await.unwrap();
    }

    pub(crate) async fn press(&self, css: &str) {
        self.element(css).await.click().await.unwrap();
    }

    /// What a reader sees of the page.
    pub(crate) async fn text(&self) -> String {
        // A page that goes while it is read says nothing.
        self.element("body").await.text().await.unwrap_or_default()
    }

    /// Waits until the page says something.
    pub(crate) async fn until_told(&self, text: &str) {
        until(&format!("the page says {text}"), async || self.text().await.contains(text).then_some(())).await;
    }

    /// Waits until the page says something no more.
    pub(crate) async fn until_told_no_more(&self, text: &str) {
        until(&format!("the page no longer says {text}"), async || (!self.text().await.contains(text)).then_some(())).await;
    }

    pub(crate) async fn value(&self, css: &str) -> String {
        self.element(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Presses keys wherever the focus is.
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) {
        self.driver.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub(crate) async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    pub(crate) async fn run_async(&self, script: &str) -> Value {
        self.driver.execute_async(script, Vec::new()).await.unwrap().json().clone()
    }

    /// The page as PNG, as far as a reader scrolls.
    pub(crate) async fn picture(&self, width: u32) -> Vec<u8> {
        let height = self.run("return document.documentElement.scrollHeight").await.as_u64().unwrap();
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height.min(1_400), "scale": 1});
        let picture = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true, "clip": clip})).await;
        base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    /// Ends the session; nothing may have been forbidden in it.
    pub(crate) async fn finish(self) {
        let violations = self.run("return JSON.parse(sessionStorage.getItem('violations') ?? '[]')").await;
        assert_eq!(violations, json!([]), "the content security policy forbade something");
        self.driver.quit().await.unwrap();
    }
}
