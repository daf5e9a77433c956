#!/bin/bash
. "$(dirname "$0")/lib.sh"
die "there is no benchmark yet"
