"""Small panels drawn by hand as SVG: for pages that must not wait for a plotting library."""
