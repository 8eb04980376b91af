// Made by scripts/list-functions.mjs extensions; not to be changed by hand.
/** An extension all of whose listed functions and operators depend on their arguments alone. */
export interface ReviewedExtension {
  readonly name: string;
  /** What a schema holds if the extension is in it. */
  readonly marker: { readonly kind: "type" | "function"; readonly name: string };
  readonly functions: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ""));
}

export const reviewedExtensions: readonly ReviewedExtension[] = [
  {
    name: "citext",
    marker: { kind: "type", name: "citext" },
    functions: words(`
citext citext_cmp citext_eq citext_ge citext_gt citext_hash citext_hash_extended citext_larger citext_le citext_lt citext_ne
citext_pattern_cmp citext_pattern_ge citext_pattern_gt citext_pattern_le citext_pattern_lt citext_smaller citextsend max min regexp_match
regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table replace split_part strpos texticlike texticnlike texticregexeq
texticregexne translate
`),
    operators: words(String.raw`
!~ !~* !~~ !~~* < <= <> = > >= ~ ~* ~<=~ ~<~ ~>=~ ~>~ ~~ ~~*
`),
  },
  {
    name: "cube",
    marker: { kind: "type", name: "cube" },
    functions: words(`
cube cube_cmp cube_contained cube_contains cube_coord cube_coord_llur cube_dim cube_distance cube_enlarge cube_eq cube_ge cube_gt cube_inter
cube_is_point cube_le cube_ll_coord cube_lt cube_ne cube_overlap cube_send cube_size cube_subset cube_union cube_ur_coord distance_chebyshev
distance_taxicab
`),
    operators: words(String.raw`
&& -> < <#> <-> <= <=> <> <@ = > >= @> ~>
`),
  },
  {
    name: "earthdistance",
    marker: { kind: "function", name: "ll_to_earth" },
    functions: words(`
earth earth_box earth_distance gc_to_sec geo_distance latitude ll_to_earth longitude sec_to_gc
`),
    operators: words(String.raw`
<@>
`),
  },
  {
    name: "fuzzystrmatch",
    marker: { kind: "function", name: "levenshtein" },
    functions: words(`
daitch_mokotoff difference dmetaphone dmetaphone_alt levenshtein levenshtein_less_equal metaphone soundex text_soundex
`),
    operators: words(String.raw`

`),
  },
  {
    name: "hstore",
    marker: { kind: "type", name: "hstore" },
    functions: words(`
akeys avals defined delete each exist exists_all exists_any fetchval hs_concat hs_contained hs_contains hstore hstore_cmp hstore_eq
hstore_ge hstore_gt hstore_hash hstore_hash_extended hstore_le hstore_lt hstore_ne hstore_send hstore_to_array hstore_to_json
hstore_to_json_loose hstore_to_jsonb hstore_to_jsonb_loose hstore_to_matrix hstore_version_diag isdefined isexists populate_record skeys
slice slice_array svals tconvert
`),
    operators: words(String.raw`
#<# #<=# #= #># #>=# %# %% - -> <> <@ = ? ?& ?| @> ||
`),
  },
  {
    name: "intarray",
    marker: { kind: "type", name: "query_int" },
    functions: words(`
_int_contained _int_contains _int_different _int_inter _int_overlap _int_same _int_union boolop icount idx intarray_del_elem
intarray_push_array intarray_push_elem intset intset_subtract intset_union_elem querytree rboolop sort sort_asc sort_desc subarray uniq
`),
    operators: words(String.raw`
# & && + - <@ @> @@ | ~~
`),
  },
  {
    name: "isn",
    marker: { kind: "type", name: "isbn13" },
    functions: words(`
btean13cmp btisbn13cmp btisbncmp btismn13cmp btismncmp btissn13cmp btissncmp btupccmp hashean13 hashisbn hashisbn13 hashismn hashismn13
hashissn hashissn13 hashupc is_valid isbn isbn13 ismn ismn13 isneq isnge isngt isnle isnlt isnne issn issn13 make_valid upc
`),
    operators: words(String.raw`
< <= <> = > >=
`),
  },
  {
    name: "ltree",
    marker: { kind: "type", name: "ltree" },
    functions: words(`
_lt_q_regex _lt_q_rregex _ltq_extract_regex _ltq_regex _ltq_rregex _ltree_extract_isparent _ltree_extract_risparent _ltree_isparent
_ltree_r_isparent _ltree_r_risparent _ltree_risparent _ltxtq_exec _ltxtq_extract_exec _ltxtq_rexec hash_ltree hash_ltree_extended index lca
lquery_send lt_q_regex lt_q_rregex ltq_regex ltq_rregex ltree2text ltree_addltree ltree_addtext ltree_cmp ltree_eq ltree_ge ltree_gt
ltree_isparent ltree_le ltree_lt ltree_ne ltree_risparent ltree_send ltree_textadd ltxtq_exec ltxtq_rexec ltxtq_send nlevel subltree subpath
text2ltree
`),
    operators: words(String.raw`
< <= <> <@ = > >= ? ?<@ ?@ ?@> ?~ @ @> ^<@ ^? ^@ ^@> ^~ || ~
`),
  },
  {
    name: "pg_trgm",
    marker: { kind: "function", name: "word_similarity" },
    functions: words(`
show_limit show_trgm similarity similarity_dist similarity_op strict_word_similarity strict_word_similarity_commutator_op
strict_word_similarity_dist_commutator_op strict_word_similarity_dist_op strict_word_similarity_op word_similarity
word_similarity_commutator_op word_similarity_dist_commutator_op word_similarity_dist_op word_similarity_op
`),
    operators: words(String.raw`
% %> %>> <% <-> <->> <->>> <<% <<-> <<<->
`),
  },
  {
    name: "pgcrypto",
    marker: { kind: "function", name: "gen_salt" },
    functions: words(`
armor crypt dearmor decrypt decrypt_iv digest encrypt encrypt_iv fips_mode gen_random_bytes gen_random_uuid gen_salt hmac pgp_armor_headers
pgp_key_id pgp_pub_decrypt pgp_pub_decrypt_bytea pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_decrypt pgp_sym_decrypt_bytea pgp_sym_encrypt
pgp_sym_encrypt_bytea
`),
    operators: words(String.raw`

`),
  },
  {
    name: "seg",
    marker: { kind: "type", name: "seg" },
    functions: words(`
seg_center seg_cmp seg_contained seg_contains seg_different seg_ge seg_gt seg_inter seg_le seg_left seg_lower seg_lt seg_over_left
seg_over_right seg_overlap seg_right seg_same seg_size seg_union seg_upper
`),
    operators: words(String.raw`
&& &< &> < << <= <> <@ = > >= >> @>
`),
  },
  {
    name: "tablefunc",
    marker: { kind: "function", name: "normal_rand" },
    functions: words(`
normal_rand
`),
    operators: words(String.raw`

`),
  },
  {
    name: "unaccent",
    marker: { kind: "function", name: "unaccent" },
    functions: words(`
unaccent
`),
    operators: words(String.raw`

`),
  },
  {
    name: "uuid-ossp",
    marker: { kind: "function", name: "uuid_generate_v4" },
    functions: words(`
uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url
uuid_ns_x500
`),
    operators: words(String.raw`

`),
  },
  {
    name: "btree_gist",
    marker: { kind: "type", name: "gbtreekey8" },
    functions: words(`
cash_dist date_dist float4_dist float8_dist gist_translate_cmptype_btree int2_dist int4_dist int8_dist interval_dist oid_dist time_dist
ts_dist tstz_dist
`),
    operators: words(String.raw`
<->
`),
  },
];
