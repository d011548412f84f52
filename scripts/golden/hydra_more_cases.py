"""More cases of hydra.py: packages, choices that name others, merging, interpolations, sweeps."""
from hydra_cases import FOLDERS, REFUSED, case, sweep

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
    ["+p=${t}", "+b=${p.x}"], ["+p=${q}", "+q=${t}", "+b=${p.deep.z}"], ["+b=${oc.env:RETORT_GOLDEN}"], ["must=1", "+b=${must}"],
    ["a='${s}'", "s='${key}'"], ["+b=${a}0"], ["+b=\\${a}"], ["key=y", "+b='${t.${key}}'"], ["+b=${list}", "+c=${b.1}"],
]:
    case("interpolation", *words)
INTERPOLATION = {"a": 1, "f": 2.5, "yes": True, "s": "text", "key": "x", "list": [10, "two", [3]], "must": "???",
                 "t": {"x": "in t", "y": "in t", "up": "text", "deep": {"z": "in t", "root": 1}}}
case("interpolation", "+b='${oc.env:RETORT_NONE,\\'x\\'}'", differs="recorded", here={"tree": INTERPOLATION | {"b": "x"}})

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
