"""The cases of hydra.py: folders of TOML, and command lines to compose them with."""

ENVIRONMENT = {"RETORT_GOLDEN": "from, outside", "RETORT_GOLDEN_LIST": "[1,2]"}

# Where this project means something else than Hydra, and why. A case names its reason, and the outcome here.
REASONS = {
    "null": "TOML has no null: the word is refused",
    "int64": "integers of TOML have 64 bits",
    "lax_text": "a text without quotes may hold '=' and the characters that Hydra wants in quotes, which it refuses",
    "lax_glob": "the patterns of glob([...]) may stand in quotes, which Hydra stumbles over",
    "recorded": "Hydra keeps each word among its own settings, and reads it there as an interpolation once more",
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
