"""The cases of hydra.py: folders of TOML, and command lines to compose them with."""

ENVIRONMENT = {"RETORT_GOLDEN": "from, outside", "RETORT_GOLDEN_LIST": "[1,2]"}

# Where this project means something else than Hydra, and why. A case names its reason, and the outcome here.
REASONS = {
    "null": "TOML has no null: the word is refused",
    "int64": "integers of TOML have 64 bits",
    "lax_text": "a text without quotes may hold '=' and the characters that Hydra wants in quotes, which it refuses",
    "lax_glob": "the patterns of glob([...]) may stand in quotes, which Hydra stumbles over",
    "empty_sweep": "Hydra runs nothing, without a word, for a sweep that is empty",
    "container_in_text": "a list or table inside a text is refused, where Hydra writes it as Python does",
    "slash": "a key with a slash means a group; where there is none, that is a mistake",
    "late": "interpolations are resolved once, after all words: ~key=v compares with the text as written",
    "hydra_settings": "Hydra's own settings do not exist here",
    "order": "a table of TOML has no order: resolvers that show one are refused",
    "chance": "a sweep has a stated order: no shuffling",
    "outside": "configs outside the folder are not read",
    "keyword": "a misspelt keyword in a defaults list is refused, where Hydra passes over it",
}

FOLDERS = {}
CASES = []


def case(folder, *overrides, config="main", multirun=False, **differs):
    CASES.append({"folder": folder, "config": config, "overrides": list(overrides), "multirun": multirun} | differs)


def sweep(folder, *overrides, **more):
    case(folder, *overrides, multirun=True, **more)


REFUSED = {"refused": ""}

FOLDERS["plain"] = {
    "main": 'a = 1\nb = "text"\nlist = [1, 2, 3]\nflag = true\nf = 1.5\nempty = ""\n'
            'tables = [{x = 1}, {x = 2}]\n[t]\nx = 1\ny = "two"\n[t.deep]\nz = 3\n["odd key"]\n"a.b" = 1\n',
}
FOLDERS["tiny"] = {"main": 'b = "text"\n'}
for name in ["main", "none", ""]:
    case("plain", config=name)

# -- values ----------------------------------------------------------------------------------------------------------
for text in [
    "5", "-5", "+5", "0", "-0", "00", "007", "1_000", "1__0", "_1", "1_", "0x10", "0b1", "9223372036854775807",
    "-9223372036854775808", "1.5", ".5", "5.", "-.5", "+.5", "1.2.3", "1e3", "1E3", "1e-3", "1e+3", "1e", "1e5e5", "1_0.0_1",
    "1_000.5e1_0", "1.e3", "e5", "00.5", "1e999", "1e-999", "-1e999", "1e16", "123456789012345680.0", "0.1", "1e-5", "inf",
    "-inf", "+inf", "INF", "Inf", "infinity", "nan", "NaN", "NAN", "-nan", "nano", "inf.", "true", "True", "TRUE", "tRuE",
    "false", "False", "FALSE", "yes", "on", "truely", "true-x", "true.x", "none", "None", "nullify", "null.x", "???", "?", "--5", "1-2",
    "-", "+", ".", "..", "*", "%", "@", "$", "$x", "|", "/", "\\", "a\\b", "C:\\dir\\", "\\\\", "\\\\\\\\", "a/b/c.txt", "../up",
    "http://127.0.0.1:8080/v1", "a:b", ":", ":a", "a : b", "a@b", "user@host:/path", "50%", "a b", " a", "a ", "a  b", "\ta\t",
    "", " ", "a\\ b", "\\ ", "\\ a\\ ", "a\\,b", "\\[x\\]", "\\{a\\:1\\}", "\\(", "\\=", "\\'", "a\\=b", "1\\ ", "\\5",
    "'5'", "'true'", "'null'", '"null"', "''", '""', "'a, b'", '"it\'s"', "'it\\'s'", '"\\"q\\""', "'a\\b'", "'a\\\\'", "'\\\\'",
    "'a\\\\b'", "'a\\\\\\'b'", "'a'b", "a'b'", "'a' ", " 'a'", "'a' 'b'", "'open", "'\\'", '"a', "'two\nlines'", "'tab\there'",
    "'été'", "'[1,2]'", "'x=1'", "'${a}'", "'\\${a}'", "'\\\\${a}'",
    "[]", "[ ]", "[1]", "[1,2,3]", "[1, 2 ,3]", "[a,'b c',1.5,true]", "[[1,2],[3]]", "[[],[[]]]", "[1,2,]", "[,1]", "[1,,2]", "[1", "1]",
    "[a b]", "[ a , b ]", "[{a:1},{b:2}]", "[a:b]", "['a','a']", "[1]x", "[1] ",
    "{}", "{ }", "{a:1}", "{a: 1, b: two}", "{a:{b:{c:[1,{d:2}]}}}", "{a}", "{a:}", "{:1}", "{a:1,}", "{,}", "{a:1", "{a:1}}", "{a:1,a:2}",
    "{1:a}", "{1.5:a}", "{true:a}", "{a b:1}", "{a.b:1}", "{a-b:1}", "{'q':1}", "{a/b: c:d}", "{a\\:b:1}", "{a: http://x:1}", "{_:1}",
    "(", ")", "()", "f(x)", "a(", "a b(c)", "choice", "int", "a]b", "a}b", "${a}", "${t.x}", "x${a}y${b}", "${", "${}", "${a", "$${a}",
    "${nope}", "${oc.env:RETORT_GOLDEN}", "[${a},${b}]", "{k: ${a}}", "${a}${a}",
]:
    case("plain", "+x=" + text)
case("plain", "+x=null", differs="null", here=REFUSED)
case("plain", "+x=NULL", differs="null", here=REFUSED)
case("plain", "+x=[1,null]", differs="null", here=REFUSED)
case("plain", "+x={a:null}", differs="null", here=REFUSED)
case("plain", "a=null", differs="null", here=REFUSED)
case("plain", "+x=9223372036854775808", differs="int64", here=REFUSED)
case("plain", "+x=${list}${a}", differs="container_in_text", here=REFUSED)
for text in ["a=b", "é", "~/data", "a#b", "x=1;y"]:
    case("tiny", "b=" + text, differs="lax_text", here={"tree": {"b": text}})

# -- functions -------------------------------------------------------------------------------------------------------
for text in [
    "int(3.9)", "int(-3.9)", "int('12')", "int(' 1_2 ')", "int('1.5')", "int(true)", "int(inf)", "int([1.5,2.5])", "int({a:1.5})",
    "int(abc)", "int(value=2.5)", "int(1,value=2)", "int()", "int(1 )", "int (1)", "float(1)", "float('1e3')", "float(' .5 ')",
    "float(infinity)", "float('-Infinity')", "float(x)", "float(true)", "str(1)", "str(1.0)", "str(true)", "str([1,2])", "str('a')",
    "str({a:1,b:[x,1.50]})", "str(1e-5)", "bool(1)", "bool(0)", "bool(0.0)", "bool('TRUE')", "bool(yes)", "bool([0,1])", "bool(false)",
    "str(int(2.5))", "int(str(3))", "[int(1.5),str(2)]", "{a: float(1)}", "sort([3,1,2])", "sort([b,a],reverse=true)",
    "sort(list=[2,1])", "sort([2,a])", "sort(['b','a'])", "sort([])", "sort(3)", "sort([[2],[1]])", "sort([true,0,2.5])", "sort()",
    "choice(1,2)", "choice(1)", "range(3)", "glob(*)", "int(1,2)", "sort(2,1)", "tag(a,choice(1,2))", "interval(0,1)",
    "extend_list(1)", "json_str({a:1})", "nofunction(1)", "int(1", "int(1))", "int(1)x", "int(1) ", "int(,)", "int(1,)", "str(a=b)",
    "[choice(1,2)]", "{a:choice(1,2)}", "choice(1,2),3", "str(choice(a,b))", "int(range(2))",
]:
    case("plain", "+x=" + text)
case("plain", "+x=shuffle([1])", differs="chance", here=REFUSED)

# -- keys ------------------------------------------------------------------------------------------------------------
for word in [
    "a=2", "+a=2", "++a=2", "c=2", "+c=2", "++c=2", "a", "+a", "~a", "~a=1", "~a=2", "~a=1.0", "~a=true", "~a=", "~nothing", "~b=text",
    "~b='text'", "~t", "~t.x", "~t.deep.z", "~t={x:1}", "~list=[1,2,3]", "~list=[1,2]", "~list.0", "~flag=true", "~flag=True", "~empty=", "~t.deep={z:3}",
    "=5", "=", "+=5", "~", "+", "++", "+++c=1", "+ c=1", "~+a", "~~a", " a=2", "a =2", "a= 2", "a=2 ", "a==2", "1=2", "0=2", "a.=1", ".a=1",
    "a..b=1", "t.x=2", "t.new=2", "+t.new=2", "++t.new=2", "t.deep.z=4", "+t.deep.w.v=1", "++t.deep.w.v=1", "+n.e.w=1", "n.e.w=1", "a.b=1", "+a.b=1",
    "++a.b=1", "++a.b.c=1", "t=1", "+t=1", "++t=1", "t={}", "t={x:5}", "t={new:5}", "+t={new:5}", "++t={new:5}", "t={deep:{z:9}}",
    "t={deep:{w:9}}", "t=[1]", "+t=[1]", "++t=[1]", "list={a:1}", "list=[9]", "+list=[9]", "list=5", "+list=5", "list.0=9", "list.3=9", "+list.3=9",
    "list.x=9", "list.-1=9", "tables.0={x:7}", "tables.1.x=7", "tables.0={y:7}", "+tables.0.y=7", "++tables.0.y=7", "a={k:1}", "a=[1]", "flag=1", "f=x",
    "a-b=1", "+a-b=1", "+$k=1", "+k$=1", "+_k=1", "+k.0.1=x", "+k.01=x", "+k.$a-b=x", "a/b=1", "t/x=1", "a@b=1", "+a@b=1", "a@=1",
    "@a=1", "a@b@c=1", "a:b=1", "+é=1", "odd key=1", "a.b/c=1", "a/b.c=1", "a*b=1", "+[a]=1", "a[0]=1", "x y=1", "'a'=1", "t.deep=???", "a=???",
    "t={x:???}", "+c=???", "~t.deep.z=3", "~t.deep.z=4", "+tables.2={x:3}", "++tables.0=1", "~tables", "a.b.c=1", "++list.0=5", "++list.9=5",
]:
    case("plain", word)
for words in [
    ["a=2", "a=3"], ["+c=1", "c=2"], ["c=1", "+c=2"], ["~a", "+a=5"], ["~a", "a=5"], ["~a", "~a"], ["+c={d:1}", "c.d=2"], ["+c={d:1}", "+c.e=2"],
    ["+c=1", "+c=2"], ["++c=1", "++c=2"], ["t.x=???", "+t.x=3"], ["a=???", "~a"], ["t={x:2}", "~t.x=2"], ["+c=${a}", "a=7"], ["list=[]", "~list"],
    ["+c={}", "c.d=1"], ["+c={}", "+c.d=1"], ["+c=[]", "c=[1,2]"], ["t=5", "t.x=1"], ["t=5", "++t.x=1"], ["b=x", "+b=y"], ["+c=[{a:1}]", "c.0.a=2"],
    ["+c=${t}", "c.x=5"], ["+c=${t}", "+c={w:5}"], ["+c=${t}", "++c.x=5"], ["+c=${t}", "c={x:5}"], ["+c=${b}", "+c=z"],
    ["a=1", "b=2", "f=3", "flag=false", "empty=x"],
]:
    case("plain", *words)
case("plain", "+a/b=1", differs="slash", here=REFUSED)
PLAIN = {"a": 1, "b": "text", "list": [1, 2, 3], "flag": True, "f": 1.5, "empty": "", "tables": [{"x": 1}, {"x": 2}],
         "t": {"x": 1, "y": "two", "deep": {"z": 3}}, "odd key": {"a.b": 1}}
case("plain", "+c=${nope}", "~c", differs="late", here={"tree": PLAIN})
case("plain", "+c=${a}", "~c=1", differs="late", here=REFUSED)
case("plain", "hydra.job.name=x", differs="hydra_settings", here=REFUSED)

# -- groups ----------------------------------------------------------------------------------------------------------
FOLDERS["groups"] = {
    "main": 'defaults = [{db = "mysql"}, {server = "apache"}, "_self_"]\nname = "app"\nport = 1\n',
    "self_first": 'defaults = ["_self_", {db = "mysql"}]\n[db]\nuser = "own"\nextra = 1\n',
    "self_last": 'defaults = [{db = "mysql"}, "_self_"]\n[db]\nuser = "own"\nextra = 1\n',
    "self_left_out": 'defaults = [{db = "mysql"}]\n[db]\nuser = "own"\n',
    "self_between": 'defaults = [{db = "mysql"}, "_self_", {"db@db" = "postgres"}]\n[db]\nuser = "own"\n',
    "self_other": 'defaults = ["base", "_self_", "late"]\nv = "own"\nw = "own"\n',
    "base": 'v = "base"\nw = "base"\nu = "base"\n',
    "late": 'w = "late"\n[db]\nuser = "late"\n',
    "self_twice": 'defaults = ["_self_", {db = "mysql"}, "_self_"]\n',
    "bare": 'name = "bare"\n',
    "missing": 'defaults = [{db = "oracle"}]\n',
    "missing_group": 'defaults = [{nosql = "mongo"}]\n',
    "missing_config": 'defaults = ["nothing"]\n',
    "optional": 'defaults = [{"optional db" = "oracle"}, {"optional nosql" = "mongo"}, "_self_"]\nname = "o"\n',
    "optional_there": 'defaults = [{"optional db" = "mysql"}]\n',
    "must": 'defaults = [{db = "???"}, "_self_"]\nname = "m"\n',
    "optional_must": 'defaults = [{"optional db" = "???"}]\n',
    "many": 'defaults = [{db = ["mysql", "tuning"]}]\n',
    "many_missing": 'defaults = [{db = ["mysql", "oracle"]}]\n',
    "many_optional": 'defaults = [{"optional db" = ["mysql", "oracle"]}]\n',
    "many_none": 'defaults = [{db = []}, "_self_"]\nx = 1\n',
    "number": 'defaults = [{db = 5}]\n',
    "two_keys": 'defaults = [{db = "mysql", server = "apache"}]\n',
    "no_key": 'defaults = [{}]\n',
    "not_list": 'defaults = "base"\n',
    "table_list": 'defaults = {db = "mysql"}\n',
    "integer_entry": 'defaults = [5]\n',
    "empty_list": 'defaults = []\nx = 1\n',
    "twice": 'defaults = [{db = "mysql"}, {db = "mysql"}]\n',
    "twice_other": 'defaults = [{db = "mysql"}, {db = "postgres"}]\n',
    "config_twice": 'defaults = ["base", "base"]\n',
    "config_in_group": 'defaults = ["db/mysql"]\n',
    "config_absolute": 'defaults = ["/db/mysql"]\n',
    "config_placed": 'defaults = ["base@there"]\n',
    "config_placed_deep": 'defaults = ["db/mysql@there.deep"]\n',
    "absolute": 'defaults = [{"/db" = "mysql"}]\n',
    "circle": 'defaults = ["circle2"]\n',
    "circle2": 'defaults = ["circle"]\n',
    "itself": 'defaults = ["itself"]\n',
    "nested": 'defaults = [{exp = "big"}, "_self_"]\n',
    "nested_many": 'defaults = [{exp = "many"}]\n',
    "nested_absolute": 'defaults = [{exp = "absolute"}]\n',
    "nested_config": 'defaults = [{exp = "with_config"}]\n',
    "nested_slash": 'defaults = [{"exp/opt" = "sgd"}]\n',
    "db/mysql": 'driver = "mysql"\nuser = "m"\nport = 3306\n',
    "db/postgres": 'driver = "postgres"\nuser = "p"\n[pool]\nsize = 4\n',
    "db/tuning": 'port = 3307\ncache = true\n',
    "db/1": 'driver = "one"\n',
    "server/apache": 'name = "apache"\nport = 80\n',
    "server/nginx": 'name = "nginx"\nworkers = [1, 2]\n',
    "exp/big": 'defaults = [{opt = "adam"}, "_self_"]\nsize = 10\n[opt]\nlr = 0.5\n',
    "exp/small": 'defaults = ["_self_", {opt = "sgd"}]\nsize = 1\n[opt]\nlr = 0.25\n',
    "exp/many": 'defaults = [{opt = ["adam", "sgd"]}]\n',
    "exp/absolute": 'defaults = [{"/db" = "mysql"}, {"/server@_here_" = "nginx"}]\nsize = 2\n',
    "exp/with_config": 'defaults = ["big", "/base", "/base@_global_.top"]\nsize = 3\n',
    "exp/opt/adam": 'kind = "adam"\nlr = 0.001\nbetas = [0.9, 0.999]\n',
    "exp/opt/sgd": 'kind = "sgd"\nlr = 0.1\nmomentum = 0.9\n',
}
for name in FOLDERS["groups"]:
    if "/" not in name and name not in ("base", "late", "circle2"):
        case("groups", config=name)
for words in [
    ["db=postgres"], ["db=postgres", "server=nginx"], ["db=postgres", "db=mysql"], ["db=oracle"], ["db="], ["db=[mysql,tuning]"], ["db=[tuning,mysql]"],
    ["db=[mysql,oracle]"], ["db=[1]"], ["db=[]"], ["db=1"], ["db='1'"], ["db=true"], ["db=1.5"], ["db={driver:x}"], ["db={new:1}"], ["+db={new:1}"],
    ["+db=postgres"], ["++db=postgres"], ["~db"], ["~db=mysql"], ["~db=postgres"], ["~db=5"], ["~db", "+db=postgres"], ["~db", "db=postgres"],
    ["db.user=x"], ["db.user=x", "db=postgres"], ["db=postgres", "db.pool.size=9"], ["db.pool.size=9"], ["+db.pool.size=9"], ["~db.user"],
    ["+exp=big"], ["+exp=small"], ["+exp=big", "exp/opt=sgd"], ["+exp=big", "exp.opt.lr=7"], ["exp=big"], ["exp/opt=sgd"], ["+exp/opt=sgd"],
    ["+exp=big", "+exp/opt=sgd"], ["+exp=big", "~exp/opt"], ["+exp=big", "exp/opt=[adam,sgd]"], ["+db@backup=postgres"], ["+db@backup=postgres", "db@backup=mysql"],
    ["+db@backup=postgres", "backup.user=z"], ["db@backup=postgres"], ["+db@_global_=postgres"], ["+db@a.b=mysql"], ["+db@_here_=mysql"], ["+db@_group_=mysql"],
    ["+db@=mysql"], ["db@db=postgres"], ["+db@db=postgres"], ["~db@db"], ["~db@backup"], ["db=${server}"], ["server=${db}"], ["db='mysql'"], ["db= mysql "],
    ["db=../main"], ["db=x/y"], ["nosql=mongo"], ["+nosql=mongo"], ["~nosql"], ["~exp"], ["db=mysql", "+db=mysql"], ["+server@s2=nginx", "+server@s3=apache"],
    ["port=5", "server.port=6"], ["db=postgres", "~db"], ["db=???"], ["+exp=???"], ["+exp=nothing"], ["+db=mysql"],
    ["db/x=1"], ["+server.extra={a:1}"], ["db.port=${port}"], ["++db.user=q"], ["server=nginx", "server.workers=[9]"], ["server=nginx", "server.workers.0=9"],
    ["+exp=big", "+db@exp.opt=postgres"], ["+exp=[big,small]"],
]:
    case("groups", *words)
for config, words in [
    ("must", ["db=mysql"]), ("must", ["~db"]), ("optional", ["db=mysql"]), ("optional", ["nosql=mongo"]), ("many", ["db=postgres"]),
    ("many", ["~db"]), ("bare", ["+db=mysql"]), ("bare", ["+db=mysql", "+server=nginx"]), ("bare", ["+server=nginx", "+db=mysql"]), ("bare", ["db=mysql"]),
    ("nested", ["exp=small"]), ("nested", ["exp/opt=sgd"]), ("nested", ["exp=small", "exp/opt=adam"]), ("nested", ["~exp/opt"]), ("nested", ["~exp/opt=adam"]),
    ("nested", ["exp/opt@exp.second=sgd"]), ("nested", ["+exp/opt@exp.second=sgd"]), ("nested", ["opt=sgd"]), ("nested_absolute", ["db=postgres"]),
    ("nested_absolute", ["db@exp.db=postgres"]), ("nested_absolute", ["server@exp=apache"]), ("self_first", ["db=postgres"]), ("self_last", ["db=postgres"]),
    ("self_between", ["db=tuning"]), ("", ["+db=mysql"]), ("", ["db=mysql"]), ("", ["+x=1"]), ("", ["x=1"]), ("empty_list", ["+db=mysql"]),
    ("config_in_group", ["db=postgres"]), ("twice", ["db=postgres"]), ("nested_many", ["exp/opt=adam"]), ("many_none", ["db=mysql"]), ("circle", ["+x=1"]),
]:
    case("groups", *words, config=config)

# -- override in lists -----------------------------------------------------------------------------------------------
FOLDERS["overrides"] = {
    "main": 'defaults = [{exp = "plain"}, {db = "mysql"}, "_self_", {"override db" = "postgres"}]\n',
    "nested": 'defaults = [{exp = "plain"}, {"override exp/opt" = "sgd"}]\n',
    "from_group": 'defaults = [{db = "mysql"}, {exp = "changes_db"}]\n',
    "from_group_first": 'defaults = [{exp = "changes_db"}, {db = "mysql"}]\n',
    "outer_wins": 'defaults = [{db = "mysql"}, {exp = "changes_db"}, {"override db" = "tuning"}]\n',
    "before": 'defaults = [{"override db" = "postgres"}, {db = "mysql"}]\n',
    "before_self": 'defaults = [{db = "mysql"}, {"override db" = "postgres"}, "_self_"]\nx = 1\n',
    "before_config": 'defaults = [{db = "mysql"}, {"override db" = "postgres"}, "other"]\n',
    "alone": 'defaults = [{"override db" = "postgres"}]\n',
    "unknown": 'defaults = [{db = "mysql"}, {"override server" = "x"}]\n',
    "twice": 'defaults = [{db = "mysql"}, {"override db" = "postgres"}, {"override db" = "tuning"}]\n',
    "only": 'defaults = [{"override db" = "postgres"}]\nx = 1\n',
    "placed": 'defaults = [{"db@backup" = "mysql"}, {"override db@backup" = "postgres"}]\n',
    "placed_wrong": 'defaults = [{"db@backup" = "mysql"}, {"override db" = "postgres"}]\n',
    "many": 'defaults = [{db = "mysql"}, {"override db" = ["mysql", "tuning"]}]\n',
    "many_to_one": 'defaults = [{db = ["mysql", "tuning"]}, {"override db" = "postgres"}]\n',
    "missing": 'defaults = [{db = "mysql"}, {"override db" = "oracle"}]\n',
    "must": 'defaults = [{db = "???"}, {"override db" = "mysql"}]\n',
    "to_must": 'defaults = [{db = "mysql"}, {"override db" = "???"}]\n',
    "optional_override": 'defaults = [{db = "mysql"}, {"optional override db" = "oracle"}]\n',
    "override_optional": 'defaults = [{"optional db" = "oracle"}, {"override db" = "mysql"}]\n',
    "absolute": 'defaults = [{db = "mysql"}, {exp = "relative"}]\n',
    "two_levels": 'defaults = [{exp = "outer"}]\n',
    "two_levels_over": 'defaults = [{exp = "outer"}, {"override exp/opt" = "adam"}]\n',
    "nested_list": 'defaults = [{exp = "overrides_first"}]\n',
    "interpolated": 'defaults = [{db = "mysql"}, {exp = "${db}_exp"}]\n',
    "interpolated_override": 'defaults = [{db = "mysql"}, {exp = "${db}_over"}]\n',
    "through": 'defaults = [{db = "mysql"}, {server = "x"}, {"override db" = "${server}"}]\n',
    "other": 'o = 1\n',
    "db/mysql": 'name = "mysql"\n',
    "db/postgres": 'name = "postgres"\n',
    "db/tuning": 'cache = 1\n',
    "server/x": 'x = 1\n',
    "exp/plain": 'defaults = [{opt = "adam"}]\ne = 1\n',
    "exp/changes_db": 'defaults = ["_self_", {"override /db" = "postgres"}]\ne = 2\n',
    "exp/relative": 'defaults = [{"override db" = "postgres"}]\ne = 2\n',
    "exp/outer": 'defaults = [{inner = "one"}, {opt = "adam"}, {"override opt" = "sgd"}]\ne = 3\n',
    "exp/overrides_first": 'defaults = [{"override opt" = "sgd"}, {opt = "adam"}]\n',
    "exp/mysql_exp": 'e = "of mysql"\n',
    "exp/postgres_exp": 'e = "of postgres"\n',
    "exp/mysql_over": 'defaults = [{"override /db" = "postgres"}]\n',
    "exp/inner/one": 'defaults = [{"override /exp/opt" = "sgd"}]\ni = 1\n',
    "exp/opt/adam": 'kind = "adam"\n',
    "exp/opt/sgd": 'kind = "sgd"\n',
}
for name in FOLDERS["overrides"]:
    if "/" not in name and name != "other":
        case("overrides", config=name)
for config, words in [
    ("main", ["db=mysql"]), ("main", ["~db"]), ("main", ["~db=postgres"]), ("main", ["~db=mysql"]), ("nested", ["exp/opt=adam"]), ("from_group", ["db=mysql"]),
    ("from_group", ["exp=plain"]), ("only", ["+db=mysql"]), ("only", ["+server=x"]), ("placed", ["db@backup=tuning"]), ("interpolated", ["db=postgres"]),
    ("interpolated", ["exp=plain"]), ("unknown", ["+server=x"]), ("to_must", ["db=mysql"]), ("two_levels", ["exp/opt=adam"]), ("interpolated", ["db=tuning"]),
]:
    case("overrides", *words, config=config)

# -- packages --------------------------------------------------------------------------------------------------------
FOLDERS["packages"] = {
    "placed": 'defaults = [{"db@source" = "mysql"}, {"db@target" = "postgres"}]\n',
    "deep": 'defaults = [{"db@a.b" = "mysql"}]\n',
    "here": 'defaults = [{"db@_here_" = "mysql"}]\n',
    "global": 'defaults = [{"db@_global_" = "mysql"}]\n',
    "global_deep": 'defaults = [{"db@_global_.x.y" = "mysql"}]\n',
    "group": 'defaults = [{"db@_group_" = "mysql"}]\n',
    "group_deep": 'defaults = [{"db@_group_.x" = "mysql"}]\n',
    "in_group": 'defaults = [{outer = "plain"}]\n',
    "in_group_here": 'defaults = [{outer = "here"}]\n',
    "in_group_global": 'defaults = [{outer = "global"}]\n',
    "in_group_group": 'defaults = [{outer = "group"}]\n',
    "in_group_deep": 'defaults = [{outer = "deep"}]\n',
    "in_group_placed": 'defaults = [{"outer@place" = "deep"}]\n',
    "in_group_placed_header": 'defaults = [{"outer@place" = "header"}]\n',
    "in_group_header": 'defaults = [{outer = "header"}]\n',
    "in_placed_global": 'defaults = [{"outer@place" = "global"}]\n',
    "header": 'defaults = [{head = "ab"}]\n',
    "header_global": 'defaults = [{head = "global"}]\n',
    "header_global_deep": 'defaults = [{head = "global_deep"}]\n',
    "header_group": 'defaults = [{head = "group"}]\n',
    "header_here": 'defaults = [{head = "here"}]\n',
    "header_list": 'defaults = [{head = "list"}]\n',
    "header_placed": 'defaults = [{"head@place" = "ab"}]\n',
    "header_placed_global": 'defaults = [{"head@_global_" = "ab"}]\n',
    "header_config": 'defaults = ["head/ab", "_self_"]\n',
    "header_config_placed": 'defaults = ["head/ab@p"]\n',
    "header_twice": 'defaults = [{head = "ab"}, {"head@x" = "global"}]\n',
    "own_header": '_package_ = "own.place"\ndefaults = [{db = "mysql"}, "_self_"]\nv = 1\n',
    "own_header_global": '_package_ = "_global_"\nv = 1\n',
    "config_at": 'defaults = ["plain@p.q"]\n',
    "config_here": 'defaults = ["db/mysql@_here_"]\n',
    "config_global": 'defaults = ["db/mysql@_global_"]\n',
    "config_group": 'defaults = ["db/mysql@_group_"]\n',
    "self_at": 'defaults = ["_self_@x"]\n',
    "many_at": 'defaults = [{"db@x" = ["mysql", "postgres"]}]\n',
    "same_place": 'defaults = [{"db@x" = "mysql"}, {"other/db@x" = "one"}]\n',
    "override_at": 'defaults = [{"db@x" = "mysql"}, {"override db@x" = "postgres"}]\n',
    "nested_override_at": 'defaults = [{outer = "deep"}, {"override inner@outer.x.y" = "two"}]\n',
    "default_place": 'defaults = [{"db@db" = "mysql"}]\n',
    "default_place_override": 'defaults = [{"db@db" = "mysql"}, {"override db" = "postgres"}]\n',
    "plain": 'v = 1\n',
    "optional_at": 'defaults = [{"optional db@x" = "oracle"}, "_self_"]\nv = 1\n',
    "db/mysql": 'name = "mysql"\n',
    "db/postgres": 'name = "postgres"\n',
    "other/db/one": 'one = 1\n',
    "outer/plain": 'defaults = [{inner = "one"}, {"/db@second" = "mysql"}]\no = 1\n',
    "outer/here": 'defaults = [{"inner@_here_" = "one"}]\no = 1\n',
    "outer/global": 'defaults = [{"inner@_global_.g" = "one"}, {"/db@_global_" = "mysql"}]\no = 1\n',
    "outer/group": 'defaults = [{"inner@_group_" = "one"}]\no = 1\n',
    "outer/deep": 'defaults = [{"/inner@x.y" = "one"}, "_self_"]\no = 1\n[x.y]\nadded = 1\n',
    "outer/header": '_package_ = "elsewhere"\ndefaults = [{inner = "one"}]\no = 1\n',
    "outer/inner/one": 'i = 1\n',
    "inner/one": 'i = 10\n',
    "inner/two": 'i = 20\n',
    "head/ab": '_package_ = "a.b"\nh = "ab"\n',
    "head/global": '_package_ = "_global_"\nh = "global"\n',
    "head/global_deep": '_package_ = "_global_.c.d"\nh = "global_deep"\n',
    "head/group": '_package_ = "_group_"\nh = "group"\n',
    "head/here": '_package_ = "_here_"\nh = "here"\n',
    "head/list": '_package_ = "a"\ndefaults = [{"/db" = "mysql"}, "_self_"]\nh = "list"\n',
}
for name in FOLDERS["packages"]:
    if "/" not in name and name != "plain":
        case("packages", config=name)
for config, words in [
    ("placed", ["db@source=postgres"]), ("placed", ["db@source=postgres", "db@target=mysql"]), ("placed", ["db=postgres"]), ("placed", ["~db@source"]),
    ("placed", ["~db@source=mysql"]), ("placed", ["~db@source=postgres"]), ("placed", ["~db"]), ("placed", ["+db=mysql"]), ("placed", ["source.name=x"]),
    ("placed", ["db@other=mysql"]), ("deep", ["db@a.b=postgres"]), ("here", ["db@_here_=postgres"]), ("here", ["db@_global_=postgres"]),
    ("global", ["db@_global_=postgres"]), ("global_deep", ["db@x.y=postgres"]), ("group", ["db=postgres"]), ("in_group", ["outer/inner=one"]),
    ("in_group", ["db@outer.second=postgres"]), ("in_group_deep", ["inner@outer.x.y=two"]), ("in_group_deep", ["~inner@outer.x.y"]),
    ("in_group_placed", ["inner@place.x.y=two"]), ("in_group_placed", ["outer@place=plain"]), ("header", ["head=global"]), ("header", ["head@a.b=global"]),
    ("header", ["+head@z=ab"]), ("header", ["~head"]), ("header_placed", ["head@place=global"]), ("plain", ["+head=ab"]), ("plain", ["+head=global"]),
    ("plain", ["+head=[ab,global]"]), ("own_header", ["db=postgres"]), ("own_header", ["db@own.place.db=postgres"]), ("own_header", ["+head=global"]),
    ("own_header", ["own.place.v=2"]), ("default_place", ["db=postgres"]), ("many_at", ["db@x=mysql"]), ("in_group_global", ["db@_global_=postgres"]),
    ("in_group_global", ["outer/inner@g=one"]), ("in_group_header", ["outer/inner@elsewhere.inner=one"]), ("plain", ["+outer@place=deep"]),
    ("plain", ["+outer@place=deep", "inner@place.x.y=two"]), ("plain", ["+outer@_global_=plain"]), ("optional_at", ["db@x=mysql"]),
]:
    case("packages", *words, config=config)

# -- choices that name others ----------------------------------------------------------------------------------------
FOLDERS["choices"] = {
    "main": 'defaults = [{db = "mysql"}, {schema = "${db}"}]\n',
    "before": 'defaults = [{schema = "${db}"}, {db = "mysql"}]\n',
    "part": 'defaults = [{db = "mysql"}, {schema = "for_${db}"}]\n',
    "two": 'defaults = [{db = "mysql"}, {server = "apache"}, {both = "${db}_${server}"}]\n',
    "config": 'defaults = [{db = "mysql"}, "${db}_top"]\n',
    "unknown": 'defaults = [{db = "mysql"}, {schema = "${nothing}"}]\n',
    "missing": 'defaults = [{db = "postgres"}, {schema = "${db}"}]\n',
    "optional": 'defaults = [{db = "postgres"}, {"optional schema" = "${db}"}]\n',
    "placed": 'defaults = [{"db@x" = "mysql"}, {schema = "${db@x}"}]\n',
    "nested": 'defaults = [{db = "mysql"}, {exp = "uses"}]\n',
    "chain": 'defaults = [{db = "mysql"}, {schema = "${db}"}, {both = "${schema}_apache"}]\n',
    "in_many": 'defaults = [{db = "mysql"}, {schema = ["${db}"]}]\n',
    "environment": 'defaults = [{db = "${oc.env:RETORT_GOLDEN_DB,mysql}"}]\n',
    "itself": 'defaults = [{db = "${db}"}]\n',
    "overridden": 'defaults = [{db = "mysql"}, {schema = "${db}"}, {"override db" = "postgres2"}]\n',
    "db/mysql": 'n = "mysql"\n',
    "db/postgres": 'n = "postgres"\n',
    "db/postgres2": 'n = "postgres2"\n',
    "server/apache": 's = 1\n',
    "schema/mysql": 'schema = "of mysql"\n',
    "schema/postgres2": 'schema = "of postgres2"\n',
    "schema/for_mysql": 'schema = "for mysql"\n',
    "both/mysql_apache": 'both = true\n',
    "mysql_top": 'top = "mysql"\n',
    "exp/uses": 'defaults = [{"/schema@s" = "${db}"}]\n',
}
for name in FOLDERS["choices"]:
    if "/" not in name and name != "mysql_top":
        case("choices", config=name)
for config, words in [
    ("main", ["db=postgres2"]), ("main", ["db=postgres"]), ("main", ["schema=for_mysql"]), ("main", ["schema=for_${db}"]), ("main", ["~db"]),
    ("before", ["db=postgres2"]), ("two", ["both=mysql_apache"]), ("config", ["db=postgres"]), ("placed", ["db@x=postgres2"]), ("main", ["~schema"]),
    ("main", ["~schema=mysql"]), ("nested", ["schema@exp.s=for_mysql"]), ("main", ["db=???"]),
]:
    case("choices", *words, config=config)

# -- merging ---------------------------------------------------------------------------------------------------------
FOLDERS["merge"] = {
    "tables": 'defaults = ["base", "_self_"]\n[t]\nnew = 1\nx = 2\n[t.deep]\nw = 1\n',
    "list_over_list": 'defaults = ["base", "_self_"]\nlist = [9]\n',
    "value_over_table": 'defaults = ["base", "_self_"]\nt = 5\n',
    "table_over_value": 'defaults = ["base", "_self_"]\n[v]\nx = 1\n',
    "table_over_list": 'defaults = ["base", "_self_"]\n[list]\nx = 1\n',
    "list_over_table": 'defaults = ["base", "_self_"]\nt = [1]\n',
    "list_over_value": 'defaults = ["base", "_self_"]\nv = [1]\n',
    "value_over_list": 'defaults = ["base", "_self_"]\nlist = 3\n',
    "must_over_value": 'defaults = ["base", "_self_"]\nv = "???"\nt = "???"\nlist = "???"\nfresh = "???"\n',
    "value_over_must": 'defaults = ["must", "_self_"]\nv = 1\n[t]\nx = 1\n',
    "empty_table": 'defaults = ["base", "_self_"]\nt = {}\n',
    "other_type": 'defaults = ["base", "_self_"]\nv = "text"\n',
    "into_interpolation": 'defaults = ["base", "inter", "_self_"]\n[i]\nnew = 1\n',
    "value_over_interpolation": 'defaults = ["base", "inter", "_self_"]\ni = 1\n',
    "interpolation_over": 'defaults = ["base", "_self_"]\nt = "${v}"\nlist = "${t}"\n',
    "into_relative": 'defaults = ["base", "relative", "_self_"]\n[r.s]\nnew = 1\n',
    "list_into_interpolation": 'defaults = ["base", "inter", "_self_"]\nl = [7]\n',
    "list_into_table_interpolation": 'defaults = ["base", "inter", "_self_"]\ni = [7]\n',
    "group_over": 'defaults = ["_self_", {t = "file"}]\nt = 5\n',
    "group_under": 'defaults = [{t = "file"}, "_self_"]\nt = 5\n',
    "group_list": 'defaults = [{t = "file"}, "_self_"]\nt = [5]\n',
    "dotted": 'defaults = ["base", "_self_"]\nt.x = 7\n"t.y" = 8\n',
    "nested_defaults": 'defaults = ["base"]\n[sub]\ndefaults = ["base"]\n',
    "base": 'v = 1\nlist = [1, 2, 3]\n[t]\nx = 1\n[t.deep]\nz = 3\n',
    "inter": 'i = "${t}"\nl = "${list}"\n',
    "relative": '[r]\ns = "${.q}"\n[r.q]\nold = 1\n',
    "must": 'v = "???"\nt = "???"\n',
    "t/file": 'from = "file"\n',
}
for name in FOLDERS["merge"]:
    if "/" not in name:
        case("merge", config=name)

# -- interpolation ---------------------------------------------------------------------------------------------------
FOLDERS["interpolation"] = {"main": 'a = 1\nf = 2.5\nyes = true\ns = "text"\nkey = "x"\nlist = [10, "two", [3]]\nmust = "???"\n'
                            '[t]\nx = "in t"\ny = "${.x}"\nup = "${..s}"\n[t.deep]\nz = "${..x}"\nroot = "${...a}"\n'}


def interpolated(text, **differs):
    name = f"c{len(FOLDERS['interpolation'])}"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    FOLDERS["interpolation"][name] = f'defaults = ["main", "_self_"]\nmust = 0\nx = "{quoted}"\n'
    case("interpolation", *(["must=???"] if "must" in text else []), config=name, **differs)


for text in [
    "${a}", "${f}", "${yes}", "${s}", "${list}", "${t}", "${t.x}", "${t.y}", "${t.deep.z}", "${t.deep}", "${list.0}", "${list[1]}", "${list[2][0]}",
    "${list.2.0}", "${list.9}", "${list.-1}", "${t[x]}", "${[t].x}", "${[t][x]}", "${t[deep].z}", "${t.${key}}", "${t[${key}]}", "${${key}}", "${${s}}",
    "${t.${a}}", "${must}", "${nope}", "${t.nope}", "${a.b}", "${s.x}", "-${a}-", "${a}${f}", "${yes}!", "${f} ${s}", "${t.y}/${t.up}", "$a", "$${a}",
    "$$", "{a}", "${ a }", "${a }", "${ t.x}", "${t .x}", "${t. x}", "${a b}", "${}", "${", "${a", "}", "${a}}", "{${a}}", "${.a}", "${..a}", "${...a}",
    "${.t.x}", "${x}", "x${x}", "\\${a}", "\\\\${a}", "\\\\\\${a}", "\\a ${a}", "a\\", "${a}\\", "\\\\ ${a} \\\\", "\\${a} ${a}",
    "${oc.env:RETORT_GOLDEN}", "${oc.env: RETORT_GOLDEN }", "x/${oc.env:RETORT_GOLDEN}", "${oc.env:RETORT_NONE}", "${oc.env:RETORT_NONE,d}",
    "${oc.env:RETORT_NONE, d e }", "${oc.env:RETORT_NONE,5}", "${oc.env:RETORT_NONE,1.50}", "${oc.env:RETORT_NONE,true}", "${oc.env:RETORT_NONE,'q, r'}",
    "${oc.env:RETORT_NONE,${s}}", "${oc.env:RETORT_NONE,x${a}}", "${oc.env:RETORT_NONE,'x ${a}'}", "${oc.env:RETORT_NONE,}", "${oc.env:RETORT_NONE,a:b}",
    "${oc.env:RETORT_NONE,http://h:1/p}", "${oc.env:RETORT_NONE,a,b}", "${oc.env:}", "${oc.env:5}", "${oc.env:${s},z}", "${oc.env:RETORT_NONE,''}",
    "${oc.env:RETORT_NONE,\\,}", "${oc.env:RETORT_NONE,'it\\'s'}", "${oc.env:RETORT_NONE,(}", "${oc.env}", "${oc.env:RETORT_NONE,1_000}",
    "${oc.select:a}", "${oc.select:nope,5}", "${oc.select:nope,[1,a]}", "${oc.select:nope,{k:v,n:{m:1}}}", "${oc.select:must,d}", "${oc.select:t.x}",
    "${oc.select:t[x]}", "${oc.select:.a}", "${oc.select:t}", "${oc.select:nope,${a}}", "${oc.select:nope,'${s}!'}", "${oc.select:5,z}", "${oc.select:a,b,c}",
    "${oc.decode:'5'}", "${oc.decode:5}", "${oc.decode:'[1,2,a]'}", "${oc.decode:'{a:1}'}", "${oc.decode:x}", "${oc.decode:'1.5'}", "${oc.decode:'a b'}",
    "${oc.decode:${oc.env:RETORT_GOLDEN_LIST}}", "${oc.decode:'[1,'}", "${oc.decode:' 5 '}", "${oc.decode:true}", "${oc.decode:'true'}",
    "${oc.decode:'${a}'}", "${nothing:1}", "${nothing.at:all}", "${:1}", "${a:b}", "${oc.select: nope , 7 }", "${oc.select:nope,[]}", "${oc.select:nope,{}}",
    "${oc.select:nope,[1, 'two' ,[3]]}", "${oc.select:nope,a]}", "${oc.select:nope,+5}", "${oc.select:nope,-inf}", "${oc.select:nope,a${s}b}",
]:
    interpolated(text)
for text, reason in [
    ("${oc.env:RETORT_NONE,null}", "null"), ("${oc.select:nope}", "null"), ("${oc.select:nope,null}", "null"), ("${oc.dict.keys:t}", "order"),
    ("${oc.dict.values:t}", "order"), ("x${list}", "container_in_text"), ("${t}y", "container_in_text"), ("${oc.decode:null}", "null"),
]:
    interpolated(text, differs=reason, here=REFUSED)
for words in [
    ["a=7", "s=${a}"], ["+b=${t.x}", "t.x=9"], ["+b='${t.${key}}'"], ["+b=${t.${key}}"], ["+b=[${a},{c:${s}}]"], ["+t.w=${.x}"], ["+t.w=${..a}"],
    ["+b={c:1,d:${.c}}"], ["+b=[5,${.0}]"], ["+b=[[5],${.0.0}]"], ["+b=${t}", "t.x=new"], ["+b={c:${b.d},d:1}"], ["+b={c:${b}}"], ["+b=${c}", "+c=${b}"],
    ["+p=${t}", "+b=${p.x}"], ["+p=${q}", "+q=${t}", "+b=${p.deep.z}"], ["+b=${oc.env:RETORT_GOLDEN}"], ["+b='${oc.env:RETORT_NONE,\\'x\\'}'"], ["must=1", "+b=${must}"],
    ["a='${s}'", "s='${key}'"], ["+b=${a}0"], ["+b=\\${a}"], ["key=y", "+b='${t.${key}}'"], ["+b=${list}", "+c=${b.1}"],
]:
    case("interpolation", *words)

# -- sweeps ----------------------------------------------------------------------------------------------------------
FOLDERS["sweeps"] = {
    "main": 'defaults = [{db = "mysql"}, "_self_"]\nx = 0\ny = 0\n[t]\nz = 0\n',
    "must": 'defaults = [{db = "???"}]\n',
    "db/mysql": 'n = "mysql"\n',
    "db/maria": 'n = "maria"\n',
    "db/postgres": 'n = "postgres"\n',
    "other/one": 'o = 1\n',
    "other/two": 'o = 2\n',
}
for text in [
    "1,2", "1,2,3", "a,b", "1, 2 ,3", "'a','b'", "'a,b',c", "[1,2],[3]", "1,2,[3,4],{a:1}", "{a:1},{a:2}", "true,false", "1.5,.5", "a b,c", "\\,a,b",
    "${y},5", "1,", ",1", "1,,2", "choice(1,2)", "choice(a)", "choice('a b',c)", "choice('1',2)", "choice([1,2],{a:1})", "choice()", "choice(choice(1,2))",
    "choice(1,range(2))", "choice( a , b )", "choice(x=1)", "range(3)", "range(1,4)", "range(1,10,3)", "range(4,1,-1)", "range(0,1,0.1)", "range(0,1,0.25)",
    "range(1.5)", "range(1.5,3.7,0.4)", "range(1,0,-0.3)", "range(start=1,stop=3)", "range(stop=3,start=1,step=2)", "range(0,10,step=5)", "range(step=2)",
    "range(1,2,0)", "range(1,2,0.0)", "range(a)", "range('3')", "range(1,2,3,4)", "range(true)", "range(-2,2)", "range(0.1,0.5,0.1)", "range(1e-3,4e-3,1e-3)",
    "range(1,2,other=3)", "range()", "range(1000000.1,1000000.5,0.1)", "range(3,step=2)", "range(-1.5,-1,0.1)", "float(range(3))", "int(range(0.5,3.5))",
    "str(range(3))", "int(1.5,2.5)", "str(1,2)", "bool(0,1)", "float(choice(1,2))", "int(choice('1','2'))", "str(choice(a,b))", "choice(int(1,2))",
    "sort(3,1,2)", "sort(c,a,b)", "sort(3,1,2,reverse=true)", "sort(choice(3,1,2))", "sort(choice(a,1))", "sort(range(5,1,-1))", "sort(range(1,5),reverse=true)",
    "sort(range(0,1,0.3),reverse=true)", "sort(sweep=choice(2,1))", "sort(range(1,5))", "sort([2,1],3)", "sort('b','a')", "tag(t,choice(1,2))", "tag(a,b,range(2))",
    "tag(range(2))", "tag(sweep=choice(1,2))", "tag(a,sweep=choice(1,2))", "tag(a)", "tag()", "tag(1,choice(1,2))", "interval(0,1)", "int(tag(a,choice(1.5,2)))",
    "sort(tag(a,choice(2,1)))", "choice(tag(a,choice(2,1)))", "???,1", "a:b,c", "1_0,2", "True,FALSE", "1e3,1e-5,1e16", "nan,inf", '"it\'s",b', "'a\\\\',b", "x\\ y,z",
    "[a,'b,c'],d", "{a:'x y',b:[1]},2", "int(1),2", "choice(a),b", "[choice(1,2)],3", "'null',1", "a,b,a", "'a\\'b\\\\\\'c',1", "{1:a},{true:b,c d:e}",
]:
    sweep("sweeps", "x=" + text)
for words in [
    ["x=1,2", "y=3,4"], ["y=3,4", "x=1,2"], ["x=1,2", "y=3,4", "t.z=5,6"], ["x=1", "y=1,2"], ["x=1,2", "y=a b"], ["x=1,2", "x=3"], ["x=3", "x=1,2"], ["x=1,2", "y=0", "x=3,4"],
    ["+n=1,2"], ["++x=1,2"], ["++n=1,2", "x=5,6"], ["n=1,2"], ["~x", "y=1,2"], ["~x=0", "y=1,2"], ["~x=0,1"], ["x=1"], [], ["db=mysql,postgres"], ["db=mysql,postgres", "x=range(2)"],
    ["db=mysql,oracle"], ["+other=one,two"], ["+other@p=one,two"], ["db@q=mysql,postgres"], ["db=glob(*)"], ["db=glob(m*)"], ["db=glob([m*,p*],exclude=mysql)"],
    ["db=glob(*,exclude=m*)"], ["db=glob(*,exclude=[mysql,maria])"], ["db=glob(include=p*)"], ["db=glob(?y*)"], ["db=glob(1)"], ["db=glob()"], ["+other=glob(*)"],
    ["db=[mysql,maria],postgres"], ["db='mysql',maria"], ["db=choice(mysql,maria)"], ["~db=mysql,maria"], ["x=1,2", "y=${x}"], ["x=' a ',b"], ["x=,"], ["x=1,2", "nope=3"],
    ["x=1,2", "y={a:1}"], ["x=1,2", "y='q r'"], ["x=1,2", "y=int('3')"], ["x=1,2", "y=str(3)"], ["x=1,2", "y="], ["x=1,2", "y=\\,"], ["t={z:1},{z:2}"],
    ["db.n=a,b"], ["x=1,2", "db=maria"], ["x=1,2", "db"], ["hydra.job.num=1,2"], ["+a=[1],[2]", "+b={c:1},{c:2}"], ["x=1,2", "~db"],
    ["db=glob('[mp]*')"], ["db=glob('[!m]*')"],
]:
    sweep("sweeps", *words)
sweep("sweeps", config="must")
sweep("sweeps", "db=mysql,maria", config="must")
sweep("sweeps", "x=1,null", differs="null", here=REFUSED)
sweep("sweeps", "db=glob(['m*'])", differs="lax_glob",
      here={"runs": [{"overrides": ["db=" + n], "tree": {"db": {"n": n}, "x": 0, "y": 0, "t": {"z": 0}}} for n in ("maria", "mysql")]})
sweep("sweeps", "x=shuffle(1,2)", differs="chance", here=REFUSED)
sweep("sweeps", "x=range(3,3)", differs="empty_sweep", here=REFUSED)
sweep("sweeps", "x=range(3,1)", differs="empty_sweep", here=REFUSED)
sweep("sweeps", "db=glob(z*)", differs="empty_sweep", here=REFUSED)
sweep("sweeps", "x=glob(*)", differs="empty_sweep", here=REFUSED)
for words in [["x=1,2"], ["x=choice(1,2)"], ["db=mysql,maria"], ["db=glob(*)"], ["+n=1,2"], ["~x=1,2"], ["x=1,2", "y=3"], ["hydra.x=1,2"]]:
    case("sweeps", *words)

# -- what is not read, or not passed over ----------------------------------------------------------------------------
FOLDERS["outside"] = {"out": "v = 1\n", "keyword": 'defaults = [{"optionl db" = "one"}]\n', "db/one": "v = 1\n", "up": 'defaults = ["db/../out"]\n'}
case("outside", config="up", differs="outside", here=REFUSED)
case("outside", config="keyword", differs="keyword", here=REFUSED)
