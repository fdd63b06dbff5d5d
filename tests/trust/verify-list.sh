#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify-list.sh FILE CERTIFICATE DIGEST OFFSET SIZE: does the signature in FILE verify, as openssl alone sees it?
# OFFSET is where the signature element starts (its three bytes of tag and length), SIZE the signature's bytes.
set -e
file=$1 certificate=$2 digest=$3 offset=$4 size=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ head -c "$offset" "$file"; tail -c +$((offset + 3 + size + 1)) "$file"; } > "$work/signed"
tail -c +$((offset + 4)) "$file" | head -c "$size" > "$work/signature"
openssl x509 -in "$certificate" -noout -pubkey > "$work/public"
openssl dgst "-$digest" -verify "$work/public" -signature "$work/signature" "$work/signed"
