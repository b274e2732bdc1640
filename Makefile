# Sen: make run shows the demonstration country, make test proves the rest.
#
# Everything is built with the tag duckdb_arrow (the engine's Arrow interface
# stands behind it); by hand: go build -tags duckdb_arrow ./cmd/sen

export GOFLAGS := -tags=duckdb_arrow -buildvcs=false

PEOPLE ?= 20000
SEED   ?= 7
HUB    ?= demo-hub

DIR    ?= units
LISTS  ?= ../shared/data/admin-units

.PHONY: run build admin-units bench-link bench-link-large extensions test check lint vuln fuzz docs clean

# On a terminal it ends by serving the console; elsewhere it ends.
run: build
	@serve=; if [ -t 1 ]; then serve=--serve; fi; bin/sen demo --people $(PEOPLE) --seed $(SEED) --dir $(HUB) $$serve

build:
	@go build -o bin/sen ./cmd/sen
	@if [ -d .tools/extensions ]; then mkdir -p bin/extensions && cp -u .tools/extensions/* bin/extensions/; fi

# A hub of the country's published administrative units, by which addresses of
# any year are read: make admin-units DIR=units
admin-units: build
	@bin/sen units $(LISTS) --dir $(DIR)

# How well records are linked, side by side with Splink 5.
bench-link: build
	@[ -x .tools/splink/bin/python ] || python3 -m venv .tools/splink
	@.tools/splink/bin/python -m pip install --quiet --disable-pip-version-check --requirement scripts/bench-link.txt
	@.tools/splink/bin/python scripts/bench-link.py --data $(or $(SEN_SHARED),../shared)/data/linkage

# The same on a million made-up people, by the same candidate pairs.
RECORDS ?= 1000000
bench-link-large: build
	@[ -x .tools/splink/bin/python ] || python3 -m venv .tools/splink
	@.tools/splink/bin/python -m pip install --quiet --disable-pip-version-check --requirement scripts/bench-link.txt
	@.tools/splink/bin/python scripts/bench-link-large.py --records $(RECORDS)

# What a lake on S3 needs beside the program: the engine's extension httpfs.
extensions:
	@scripts/setup-extensions

# What continuous integration runs, and nothing else.
test: .tools/ready extensions
	@scripts/setup-python
	@scripts/setup-servers
	@scripts/setup-browser
	@scripts/check
	@go test -p 2 -timeout 40m ./...

# Form only: gofmt, vet, linters, known vulnerabilities.
check:
	@scripts/check

lint: .tools/ready
	@.tools/golangci-lint run ./...

vuln: .tools/ready
	@scripts/vuln

# A minute of fuzzing for every parser.
fuzz:
	@scripts/fuzz

# Writes docs/reference again from the commands, options and elements.
docs: build
	@bin/sen docs --out docs/reference

clean:
	rm -rf bin $(HUB)

.tools/ready: scripts/setup-tools
	@scripts/setup-tools
