"""Tokens that are known by their shape: prefixes which their issuers chose so that they can be found.

The prefixes are the issuers' own, from their public documentation; most are collected in
https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns. Lengths are
lower bounds a little below the documented ones: issuers lengthen their tokens, and a cut one still is a secret.
"""

from __future__ import annotations

_HEX32, _HEX40, _HEX64 = "[0-9a-f]{32}", "[0-9a-f]{40}", "[0-9a-f]{64}"
_UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_MIXED = r"(?=[\w-]{0,60}[0-9])(?=[\w-]{0,60}[A-Za-z])"
"""A digit and a letter: for prefixes that words of English begin with too."""

FORMATS: tuple[tuple[str, str], ...] = (
    # Clouds and hosts
    ("akia asia abia acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("absk", r"\bABSK[A-Za-z0-9+/]{80,}={0,2}"),
    ("aiza ya29. gocspx- 1//0", r"\b(?:AIza[\w-]{30,}|ya29\.[\w.-]{10,}|GOCSPX-[\w-]{16,}|1//0[\w-]{20,})"),
    ("goog1e", r"\bGOOG1E[A-Z0-9]{50,}"),
    ("q~", r"(?<![\w~.-])[\w~.-]{3}[0-9]Q~[\w~.-]{30,36}(?![\w~.-])"),
    (
        "azfu azse azca azeg acdb +ast aiot +aba +amc apim +acr +arm",
        r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{33,76}(?:Az(?:Fu|Se|Ca|EG)|ACDb|\+A(?:St|Ba|MC|CR|Rm)|AIoT|APIM)"
        r"[A-Za-z0-9+/]{5,8}={0,2}",
    ),
    ("azdo", r"\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b"),
    ("dop_v1_ doo_v1_ dor_v1_", r"\bdo[opr]_v1_[0-9a-f]{30,}"),
    ("ltai", r"\bLTAI[A-Za-z0-9]{12,24}\b"),
    ("akid", r"\bAKID[A-Za-z0-9]{32,36}\b"),
    ("aqvn t1.9 y0_a", r"\b(?:AQVN[\w-]{35,}|t1\.9[\w-]{20,}\.[\w-]{40,}|y0_A[\w-]{50,})"),
    ("hrku-", r"\bHRKU-[\w-]{36,}"),
    ("nfp_ nfc_", r"\bnf[pc]_[A-Za-z0-9]{30,}"),
    ("vcp_ vci_ vca_ vcr_ vck_", r"\bvc[piark]_[A-Za-z0-9]{24,}"),
    ("fm1r_ fm2_ fo1_", r"\b(?:fm1r_|fm2_|fo1_)[A-Za-z0-9+/_-]{40,}={0,3}"),
    ("rnd_", r"\brnd_[A-Za-z0-9]{28,}"),
    ("sbp_ sb_secret_", r"\b(?:sbp_(?:v0_)?[0-9a-f]{40}|sb_secret_[\w-]{20,})"),
    ("pscale_", r"\bpscale_(?:tkn|pw|oauth)_[\w=.-]{30,}"),
    ("napi_", r"\bnapi_[a-z0-9]{30,}"),
    ("mdb_sa_sk_", r"\bmdb_sa_sk_[\w-]{30,}"),
    ("v1.0-", r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{100,}"),
    ("tskey-", r"\btskey-[a-z]{2,10}-[A-Za-z0-9-]{10,}"),
    # Stores of secrets, infrastructure
    ("hvs. hvb. hvr.", r"\bhv[sbr]\.[\w-]{20,}"),
    (".atlasv1.", r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}"),
    ("pul-", rf"\bpul-{_HEX40}\b"),
    ("dp.", r"\bdp\.(?:pt|st|ct|sa|said|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{36,}"),
    ("ops_eyj", r"\bops_eyJ[A-Za-z0-9+/_-]{50,}={0,3}"),
    ("a3-", r"\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}\b"),
    ("age-secret-key-", r"\bAGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{20,}"),
    ("dapi dkea dose", r"\b(?:dapi|dkea|dose)[0-9a-f]{32}(?:-\d)?\b"),
    ("pnu_ pnb_", r"\bpn[ub]_[A-Za-z0-9]{32,}"),
    ("dbtc_ dbtu_", r"\bdbt[cu]_[\w=-]{30,}"),
    # Code, packages, continuous integration
    ("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})"),
    (
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt-",
        r"\bgl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[\w.-]{16,}",
    ),
    ("gr1348941", r"\bGR1348941[\w-]{18,}"),
    ("atbb atctt3 atatt3 atstt3", r"\b(?:ATBB[A-Za-z0-9=_-]{24,}|AT(?:CT|AT|ST)T3[\w=.-]{40,})"),
    ("npm_ pypi-", r"\b(?:npm_\w{30,}|pypi-[\w-]{30,})"),
    ("rubygems_", r"\brubygems_[0-9a-f]{40,}"),
    ("oy2", r"\boy2[a-z0-9]{43}\b"),
    ("cio", r"\bcio[A-Za-z0-9]{32}\b"),
    ("clojars_", r"(?i)\bCLOJARS_[0-9a-f]{50,}"),
    ("packagist_", r"\bpackagist_[a-z]{3}_[0-9a-f]{50,}"),
    ("dckr_", r"\bdckr_(?:pat|oat)_[\w-]{20,}"),
    ("akcp cmvmdgtu", r"\b(?:AKCp[A-Za-z0-9]{60,}|cmVmdGtu[A-Za-z0-9+/]{50,}={0,2})"),
    ("ccipat_ ccipr", r"\bCCIPR?[A-Z]{2}_[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    ("bkua_ bkct_ bkaj_", r"\bbk(?:ua|ct|aj)_[A-Za-z0-9_.-]{30,}"),
    ("sqp_ squ_ sqa_", rf"\bsq[pua]_{_HEX40}\b"),
    ("pat.", r"\bpat\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}\b"),
    ("pmak-", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{30,}"),
    ("api-", r"\bAPI-[A-Z0-9]{26,32}\b"),
    # Watching
    ("glsa_ glc_", r"\b(?:glsa_[A-Za-z0-9]{30,}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,}={0,3})"),
    ("nrak- nrjs- nrii- nrra- nral", r"(?:\bNR(?:AK|JS|II|RA)-[\w-]{19,}|\b[0-9a-f]{36,40}NRAL\b)"),
    ("sntrys_ sntryu_ sntrya_ sntryi_", r"\bsntry[suai]_[A-Za-z0-9+/_=-]{40,}"),
    ("dt0", r"\bdt0[a-z]\d\d\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}\b"),
    ("hcaik_ hcxik_ hcalk_ hcamk_ hcxlk_ hcxmk_", r"\bhc[ax][ilm]k_[a-z0-9]{30,}"),
    ("phx_ phs_", r"\bph[xs]_[A-Za-z0-9]{40,}"),
    ("sdk- mob-", rf"\b(?:sdk|mob)-{_UUID}\b"),
    ("lsv2_", r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    # Messages and mail
    ("xox xapp-", r"\b(?:xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}|xapp-[\w-]{10,})"),
    (":aa", r"(?<!\w)(?:bot)?\d{8,10}:AA[\w-]{32,34}(?![\w-])"),
    (".", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.(?=[\w-]{0,39}[0-9])[\w-]{27,40}(?![\w.-])"),
    ("sg.", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    ("sk", rf"\bSK{_HEX32}\b"),
    ("key-", rf"\bkey-{_HEX32}\b"),
    ("-us", r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    ("xkeysib- xsmtpsib-", rf"\bx(?:key|smtp)sib-{_HEX64}-[A-Za-z0-9]{{16}}"),
    ("re_", rf"\bre_{_MIXED}[A-Za-z0-9]{{6,}}_?[A-Za-z0-9]{{18,}}"),
    ("md-", r"\bmd-[A-Za-z0-9_-]{22}\b"),
    # Money and shops
    ("sk_ rk_ whsec_", r"\b(?:[sr]k_(?:live|test|prod)_\w{10,}|whsec_[\w+/=]{10,})"),
    ("shpat_ shpca_ shppa_ shpss_ shptka_", rf"\bshp(?:at|ca|pa|ss|tka)_{_HEX32}\b"),
    ("sq0atp- sq0csp- eaaa", r"\b(?:sq0(?:atp|csp)-[\w-]{22,}|EAAA[\w-]{56,})"),
    ("access_token$", rf"\baccess_token\$(?:production|sandbox)\$[0-9a-z]{{16}}\${_HEX32}"),
    ("access-sandbox- access-production- access-development-", rf"\baccess-(?:sandbox|production|development)-{_UUID}"),
    ("rzp_", r"\brzp_(?:live|test)_\w{14,}"),
    ("flwseck", r"\bFLWSECK(?:_TEST)?-[0-9a-hA-H-]{12,}(?:-X)?"),
    ("ezak ezt", r"\bEZ[AT]K[A-Za-z0-9]{54}\b"),
    ("shippo_ duffel_", r"\b(?:shippo|duffel)_(?:live|test)_[\w-]{30,}"),
    # Models
    ("sk-", rf"\bsk-{_MIXED}[A-Za-z0-9_-]{{20,}}"),
    ("hf_ api_org_", r"\b(?:hf|api_org)_[A-Za-z]{20,}\b|\bhf_\w{30,}"),
    ("r8_ gsk_ xai- pplx- pcsk_ nvapi- tvly- csk-", r"\b(?:r8_|gsk_|xai-|pplx-|pcsk_|nvapi-|tvly-|csk-)[\w-]{30,}"),
    # Work, data, others
    ("lin_", r"\blin_(?:api|oauth|wh)_[A-Za-z0-9]{30,}"),
    ("ntn_ secret_", r"\b(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}\b)"),
    ("pat", rf"\bpat[A-Za-z0-9]{{14}}\.{_HEX64}\b"),
    ("figd_ figo", r"\bfig(?:d|oh|or|orh|oo)_[\w-]{30,}"),
    ("pat-", rf"\bpat-(?:na|eu|ap)\d-{_UUID}\b"),
    ("00d", r"\b00D[A-Za-z0-9]{12,15}![\w.]{80,}"),
    ("cfpat-", r"\bCFPAT-[\w-]{40,}"),
    ("sk.eyj tk.eyj", r"\b[st]k\.eyJ[\w-]{20,}\.[\w-]{16,}"),
    ("sl.", r"\bsl\.(?:u\.)?[\w-]{100,}"),
    ("eaa", r"\bEAA[A-Za-z][A-Za-z0-9]{80,}"),
    ("rdme_ tfp_ sgp_", r"\b(?:rdme_[a-z0-9]{60,}|tfp_[\w.=-]{50,}|sgp_[\w-]{40,})"),
    ("p8e-", rf"(?i)\bp8e-{_HEX32}\b"),
    # What stands by itself
    ("eyj", r"\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}"),
    (
        "$2 $apr1$ $1$ $5$ $6$ $y$ $argon2",
        r"\$(?:2[abxy]\$\d\d\$[./\w]{50,}|(?:apr1|[156y])\$[^\s:$]{1,40}\$[./\w$]{20,}|argon2(?:id|i|d)\$[^\s\"']{30,})",
    ),
)  # fmt: skip
"""Keywords (lower case: the pattern is tried only on a text that holds one of them) and the pattern."""
