/** Whether this is a browser whose home-screen apps start as strangers: Safari on iPhones and iPads, not yet installed. */
export function installPage(): boolean {
  return "standalone" in navigator && navigator.standalone === false;
}

/**
 * Makes the page's address, pass included, what an icon on the home screen opens. With a manifest the browser would take
 * its `start_url` instead, so it is taken away meanwhile, and a meta element says that the page is an app.
 * @returns a function that puts everything back
 * @see https://developer.apple.com/library/archive/documentation/AppleApplications/Reference/SafariWebContent/ConfiguringWebApplications/ConfiguringWebApplications.html
 */
export function makeInstallable(fragment: string): () => void {
  const manifest = document.querySelector("link[rel=manifest]");
  const meta = document.createElement("meta");
  meta.name = "apple-mobile-web-app-capable";
  meta.content = "yes";
  document.head.append(meta);
  manifest?.remove();
  const before = location.hash;
  history.replaceState(history.state, "", location.pathname + fragment);
  return () => {
    meta.remove();
    if (manifest !== null) document.head.append(manifest);
    history.replaceState(history.state, "", location.pathname + before);
  };
}
