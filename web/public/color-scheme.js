// Runs before the first paint, so that a dark page never flashes white. A file
// of its own because the page's policy allows no inline script.
(function () {
  var root = document.documentElement;
  var chosen = null;
  try {
    chosen = localStorage.getItem('harang-color-scheme');
    root.lang = localStorage.getItem('harang-language') === 'en' ? 'en' : 'hu';
  } catch (blocked) {
    // Storage may be switched off; the system's preference is used then.
  }
  if (chosen !== 'light' && chosen !== 'dark') {
    chosen = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  root.setAttribute('data-color-scheme', chosen);
})();
