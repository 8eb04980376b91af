import type { EvidenceFacts } from "./facts.ts";

/** What the steps do is what docs/formats/checkpoint.md says; a test runs them as they are printed. */
const commands = `1. No file was changed: every line must say OK. And nothing lies here that was not exported.

    set -e
    sha256sum --check SHA256SUMS
    here=$(find . -type f ! -path ./SHA256SUMS ! -path ./export.json ! -path ./export.leaf.json ! -path ./export.tlog-proof | wc -l)
    test "$here" -eq "$(grep -c . SHA256SUMS)"

2. The log itself recorded this list when the bundle was made (export.json), so that the list was not changed either.

    test "$(sha256sum < SHA256SUMS | cut -c1-64)" = "$(grep -o '"sums":"[0-9a-f]*"' export.json | cut -c9-72)"

3. The trusted key in the form that OpenSSL reads.

    work=$(mktemp -d)
    printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000' > "$work/key.der"
    cut -d+ -f3- < ../trusted.vkey | base64 -d | tail -c +2 >> "$work/key.der"

4. One entry: its digest is in its leaf; from the leaf, hash by hash, the way up leads to the fingerprint of the whole log;
   and the trusted key signed that fingerprint.

    check() {
      test "$(sha256sum < "$1.json" | cut -c1-64)" = "$(cut -c11-74 "$1.leaf.json")"
      { printf '\\000'; cat "$1.leaf.json"; } | openssl dgst -sha256 -binary > "$work/hash"
      index=$(sed -n 's/^index //p' "$1.tlog-proof")
      sed '1,/^$/d' "$1.tlog-proof" > "$work/checkpoint"
      size=$(sed -n 2p "$work/checkpoint")
      sed -n '/^index/,/^$/p' "$1.tlog-proof" | sed '1d;$d' > "$work/path"
      step=0
      while [ "$size" -gt 1 ]; do
        side=none
        if [ $((index % 2)) = 1 ]; then side=left; elif [ "$index" -lt $((size - 1)) ]; then side=right; fi
        if [ $side != none ]; then
          step=$((step + 1))
          sed -n "\${step}p" "$work/path" | base64 -d > "$work/sibling"
          if [ $side = left ]; then
            { printf '\\001'; cat "$work/sibling" "$work/hash"; } | openssl dgst -sha256 -binary > "$work/next"
          else
            { printf '\\001'; cat "$work/hash" "$work/sibling"; } | openssl dgst -sha256 -binary > "$work/next"
          fi
          mv "$work/next" "$work/hash"
        fi
        index=$((index / 2)); size=$(((size + 1) / 2))
      done
      test "$step" = "$(grep -c . "$work/path" || true)"
      test "$(base64 < "$work/hash")" = "$(sed -n 3p "$work/checkpoint")"
      sed -n 1,3p "$work/checkpoint" > "$work/text"
      sed -n 5p "$work/checkpoint" | cut -d' ' -f3 | base64 -d | tail -c +5 > "$work/signature"
      openssl pkeyutl -verify -pubin -inkey "$work/key.der" -keyform DER -rawin -in "$work/text" -sigfile "$work/signature"
      echo "$1 stands in the log"
    }

5. All entries: first the log's own record of this export, then those of the imports.

    check export
    for entry in $(grep -o 'entries/[0-9]*\\.json$' SHA256SUMS); do check "\${entry%.json}"; done
    rm -r "$work"
    echo "Nothing is wrong with this bundle."
`;

/**
 * HOW-TO-VERIFY.txt: for someone who has never heard of whosaw. The lines that start with four spaces are commands; put into one
 * file they run as they stand, and the first that fails stops them.
 */
export function stepsText({ log, exported, imports }: EvidenceFacts): string {
  const files = imports.filter(({ told }) => told !== null);
  return `HOW TO VERIFY THIS BUNDLE

This folder was taken out of a log named
  ${log.name}
on ${exported}. The log is a list of entries to which one can only add: its operator signs a short
fingerprint of the whole list (a "checkpoint"), and an entry that is changed, moved or taken out later no longer fits that
fingerprint. Whoever has the operator's public key can check this without the operator, without a network and without whosaw.

FIRST: WHICH KEY
The key decides everything. The file log.vkey in this folder is a copy, and a forger would have forged it too. Get the line

  ${log.key}

from somebody you trust, best from somebody who wrote it down before the matter was in dispute, and compare it, letter by letter.

WITHOUT ANY TOOL
Open verify.html in a browser, paste the key, choose this bundle. The page loads nothing from anywhere. It came with the bundle,
so take the page from another source if you doubt it.

WITH WHOSAW
whosaw verify FILE.zip --key KEYFILE

WITH OPENSSL AND SHA256SUM ALONE
In this folder, unpacked, with a shell (sh, bash), OpenSSL 3 and GNU coreutils. Save the trusted key as ../trusted.vkey.

${commands}
If an entry of kind "log.handover" is among them, the log has changed its key since the one that you hold; step 4 then works with
the newer key only, and verify.html and whosaw follow the hand-over from the older one.

FROM A LINE OF sightings.csv TO ITS SOURCE
receipt_entry is the entry of the import (entries/<number>.json), receipt_line the line of the imported file (of Parquet: the row). Demand that file
from the operator: its SHA-256 must be the one in the entry, and that line of it must say what the line says.${files
    .map(({ index, told }) => `\n  entry ${index}: ${told?.sha256 ?? ""}  ${told?.file ?? ""}`)
    .join("")}

policy says who must have cosigned (c2sp.org/tlog-policy); whosaw verify --witness KEYFILE checks that.

The formats are public: RFC 6962, RFC 8785, and c2sp.org (signed-note, tlog-checkpoint, tlog-proof).
`;
}
