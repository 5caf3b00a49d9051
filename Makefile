# SPDX-License-Identifier: LGPL-2.1-or-later
# Drives CMake in build/. `make` builds, `sudo make demo` shows the main job, `sudo make test` runs every
# test, `sudo make install` installs. What is missing is installed first where a target needs root anyway.
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc)
EPOCH   = SOURCE_DATE_EPOCH=$$($(CURDIR)/cmd/package/epoch)
CTEST  := ctest -j $(JOBS) --output-on-failure --no-tests=error

all: build-release

# Configure when there is no build yet or the prefix has changed, then build: `make build-dev`, …
build-%:
	@command -v cmake >/dev/null || { echo "cmake is missing: run 'sudo make deps' first" >&2; exit 1; }
	cmake --preset $* -DCMAKE_INSTALL_PREFIX=$(PREFIX) >build-$*.log 2>&1 || { cat build-$*.log; rm -f build-$*.log; exit 1; }
	@rm -f build-$*.log
	cmake --build --preset $* -j $(JOBS)

deps:
	tests/install-deps.sh test

demo: deps
	$(MAKE) build-release
	tests/demo/demo.sh build/release/bin/zone

# Everything on the sanitized build, then the command line again on the build that is installed (but for the longest files), a
# build in a minimal system, and its packages in a virtual machine. A second try is for busy machines; what needed one is in the
# log, and is a fault to look at.
test: deps
	$(MAKE) build-dev build-release
	$(CTEST) --repeat until-pass:2 --test-dir build/dev
	$(CTEST) --repeat until-pass:2 --test-dir build/release -L 'cli|clean|vm' -LE long

# The last of these alone, with its output as it comes.
test-vm: deps
	tests/vm/run test

# Debian packages of this system's own libraries, in build/deb/packages.
deb:
	$(if $(filter 0,$(shell id -u)),tests/install-deps.sh package)
	$(MAKE) build-deb PREFIX=/usr
	rm -rf build/deb/packages
	cd build/deb && $(EPOCH) cpack >cpack.log 2>&1 || { cat cpack.log; exit 1; }

# The same as RPMs; needs rpmbuild.
rpm:
	$(MAKE) build-deb PREFIX=/usr
	cd build/deb && $(EPOCH) cpack -G RPM >cpack.log 2>&1 || { cat cpack.log; exit 1; }

# Under DESTDIR (packagers) nothing is installed on the machine itself.
install:
	$(if $(DESTDIR),,tests/install-deps.sh build)
	$(MAKE) build-release
	DESTDIR=$(DESTDIR) cmake --install build/release
	$(if $(DESTDIR),,ldconfig)

lint: build-dev
	$(CTEST) --test-dir build/dev -L lint

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

bench: build-release
	unshare --net --mount -- sh -c 'ip link set lo up && cd tests/bench && ./bench.py ../../build/release && ./crowd.py ../../build/release && ./network.py ../../build/release && ./storage.py ../../build/release'

clean:
	rm -rf build

.PHONY: all deps demo test test-vm deb rpm install lint format bench clean
