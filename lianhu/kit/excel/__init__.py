"""Excel in and out: the only package that imports openpyxl or XlsxWriter."""
