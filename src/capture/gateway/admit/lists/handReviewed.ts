import { type ReviewedExtension, reviewedExtensions } from "./extensionFunctions.ts";

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/**
 * Extensions that no Debian or embedded server of ours ships, from their documentation. Of PostGIS only the operators, because without
 * them every `=` of such a database would be somebody's unknown one; its functions read tables here and there, and go into a role's list.
 */
const fromDocumentation: readonly ReviewedExtension[] = [
  {
    name: "vector",
    marker: { kind: "type", name: "vector" },
    functions:
      words(`binary_quantize cosine_distance hamming_distance inner_product jaccard_distance l1_distance l2_distance l2_norm
      l2_normalize subvector vector_dims vector_norm`),
    operators: words("<-> <#> <=> <+> <~> <%> + - * || < <= = <> >= >"),
  },
  {
    name: "postgis",
    marker: { kind: "type", name: "geometry" },
    functions: new Set<string>(),
    operators: words(
      "&& &&& &< &<| &> &/& << <<| >> @ @@ @>> <<@ |>> |&> ~ ~= ~~ ~== <-> <<->> <#> <<#>> |=| < <= = <> >= >",
    ),
  },
];

export const knownExtensions: readonly ReviewedExtension[] = [...reviewedExtensions, ...fromDocumentation];
