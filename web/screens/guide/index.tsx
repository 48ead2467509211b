export function GuideScreen() {
  return <main class="page" data-screen="guide" />;
}

export function SearchScreen() {
  return <main class="page" data-screen="search" />;
}
