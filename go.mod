module harang.dev/harang

go 1.26
