"""Every code that a run can end in: what it means, why the tool does not go on, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Code:
    """One code. `refused` has a piece of source that ends in it, `by_hand` what somebody writes in its place."""

    id: str
    title: str
    why: str
    fix: str


_CODES = (
    Code(
        "MN101",
        "builds a submodule in a way that is not followed",
        "NNX makes submodules in the constructor. A module that is handed on, kept in a dict, bound twice, or called "
        "with arguments that are not understood could be another one, or called otherwise, than it seems.",
        "Construct the module in setup or in the compact method, and call it by its name.",
    ),
    Code(
        "MN102",
        "uses a Linen function without an NNX twin",
        "The function lifts collections or scopes, which NNX does not have; a swap of the namespace would be wrong.",
        "Replace the function first; the message names what NNX offers.",
    ),
    Code(
        "MN103",
        "uses a part of the Linen module that NNX lacks",
        "Scopes, paths, clones and the dictionary of variables exist only while Linen binds a module to them.",
        "Read variables by their attribute; pass on what you need as an argument.",
    ),
    Code(
        "MN104",
        "inherits from a class that stays Linen",
        "A Linen class cannot inherit from an NNX one, nor the other way round.",
        "Migrate the base class first, or give its file to the same run.",
    ),
    Code(
        "MN105",
        "has a field that cannot be kept on an NNX module",
        "A field that holds a module is a submodule in NNX; of an array that it keeps, transforms show the methods no "
        "values, and one of NumPy has another precision there.",
        "Build the module in the class; keep as a tuple what a condition, an index or a size asks for.",
    ),
    Code(
        "MN106",
        "is written in a form that the codemod does not read",
        "The class body holds something other than fields, methods and a docstring, or is made where the codemod "
        "does not look.",
        "Bring the class into the usual form: fields, then setup or one @nn.compact method.",
    ),
    Code(
        "MN107",
        "shares code with a class that stays Linen",
        "Both sides use the same helper or base; it cannot create variables the Linen way and the NNX way at once.",
        "Resolve the other class first.",
    ),
    Code(
        "MN108",
        "needs a size that the source does not tell",
        "Linen sees the input when it makes a layer, NNX asks for its size. What comes out of a function that the "
        "codemod does not know has no size that it could write down.",
        "Write the NNX class by hand, with the size as an argument of its constructor; or let the source tell it: "
        "jnp.broadcast_to(y, x.shape), or a layer of known width.",
    ),
    Code(
        "MN109",
        "builds a layer without an NNX twin that computes the same",
        "flax.nnx has no such layer, or one that computes something else with these arguments.",
        "Keep the layer in Linen behind nnx.bridge.ToNNX, or write what it does by hand.",
    ),
    Code(
        "MN110",
        "builds a module that stays Linen",
        "An NNX module cannot own a Linen one without a bridge around it.",
        "Resolve the other class first; it is listed with its own reason.",
    ),
    Code(
        "MN111",
        "builds an NNX module through a bridge",
        "A class that stayed Linen builds migrated ones by nnx.bridge.to_linen; left in an NNX class, that call would "
        "make a new Linen module each time. A class of the files given is read back, and constructed in its place, where "
        "its constructor makes layers of flax.nnx, params, statistics and such classes by name, one by one, and keeps no "
        "rngs; the message says what of it is not.",
        "Put `Layer(...)` in the place of `nnx.bridge.to_linen(Layer, ...)` and construct it in __init__ with rngs=rngs.",
    ),
    Code(
        "MN112",
        "has a size that is another one in a traced model",
        "With --trace every size that the source tells is compared with what a model of the configuration was called "
        "with. Where they differ, either the source was read wrongly or the traced model is not of this source.",
        "Look whether the model that is traced comes from the files given; if it does, please report it.",
    ),
    Code(
        "MN113",
        "has a size that traced models have told",
        "The source does not tell it. The expression in the constructor gives what was seen in every traced call, and "
        "is the only one that does; or the size is an argument, and each construction passes what was seen.",
        "Look whether the expression says what you mean. A wrong size raises at the first call, except that of a norm "
        "which is 1.",
    ),
    Code(
        "MN201",
        "creates a variable or a submodule where a constructor cannot follow",
        "The creation stands in a while loop that no counter ends, a nested function that is not just called, a try "
        "block, or a with block of more than names and profiles: how often it runs, and whether, is not known from "
        "the sizes alone. Or a local may be the variable or something else, where a constructor needs it.",
        "Declare the variable, or construct the submodule, at the top of setup or of the compact method, and bind it "
        "to a name of its own.",
    ),
    Code(
        "MN202",
        "creates a variable from data",
        "Linen sees an input when it creates variables, NNX does not: an initial value, or a size, that is "
        "computed from the input's values has nothing to be computed from.",
        "Give the variable a plain initial value and set it by an explicit method from the first batch.",
    ),
    Code(
        "MN203",
        "has variables that depend on a call argument",
        "Different calls would make different variables; an NNX module has the variables of its constructor.",
        "Decide by a field of the class instead of an argument of the call.",
    ),
    Code(
        "MN204",
        "computes the name of a variable or of a collection",
        "The NNX attribute and the variable's type have to be known when the class is written.",
        "Use a literal, or an f-string over a loop variable.",
    ),
    Code(
        "MN205",
        "hands a variable object on",
        "Where else its `.value` is read or written cannot be seen from the class.",
        "Hand on the value, and write the variable in the class.",
    ),
    Code(
        "MN206",
        "decides by what only Linen's apply knows",
        "Whether a collection is mutable, or a variable was passed in, is said at each Linen apply. An NNX module "
        "always has its variables, and all of them can be written.",
        "Decide by an argument of the call (train=...), or by a field.",
    ),
    Code(
        "MN207",
        "sows",
        "`self.sow` does nothing in Linen unless the collection is mutable, nor in NNX outside of nnx.capture: there "
        "a call would warn and grow the module's state, so that an `if` keeps it from that. Another collection than "
        "`intermediates` is made by Linen's init too, and what is computed for sow alone would not be outside of "
        "nnx.capture.",
        "Sow into `intermediates`, in a statement of its own, a value that has a name; return the others.",
    ),
    Code(
        "MN208",
        "has names that collide in NNX",
        "All collections of a module share one namespace in NNX, with its fields and methods.",
        "Rename one of them.",
    ),
    Code(
        "MN209",
        "has a setup that the codemod does not read",
        "Linen runs setup at every apply, NNX runs __init__ once: a statement that is neither a declaration nor a "
        "computation of an attribute cannot be placed.",
        "Keep setup to assignments of attributes.",
    ),
    Code(
        "MN210",
        "keeps the box around a partitioned parameter",
        "NNX holds the sharding on the Variable, not in a box around its value.",
        "Read the unboxed value (drop unbox=False).",
    ),
    Code(
        "MN211",
        "writes a variable at Linen's init too",
        "Nothing guards the write, so Linen's init in train mode already changes the initial value. A constructor "
        "sees no input: the NNX class starts from the declared value. A converted checkpoint is not touched by this.",
        "Guard the write with `if not self.is_initializing():`, or call the NNX model once where init was called.",
    ),
    Code(
        "MN212",
        "keeps something other than one array in a variable",
        "An array is read as `self.name[...]`; a dict or a Python number has no such index, and Linen hands out the "
        "thing itself.",
        "Declare one variable for each array; start a count from jnp.zeros((), jnp.int32).",
    ),
    Code(
        "MN301",
        "is constructed or called in a way that the codemod does not follow",
        "A call that is rewritten without being understood could read another state than it did.",
        "Rewrite the place by hand, or bring it into the form m.init(key, x) and m.apply(variables, x).",
    ),
    Code(
        "MN302",
        "is used by a Linen class that stays",
        "A Linen module cannot own an NNX one without a bridge around it, and a bridge has to leave the paths of all "
        "variables as they are, so that checkpoints of the Linen class go on to load.",
        "Resolve the other class first, or what the message says about the bridge.",
    ),
    Code(
        "MN303",
        "is joined to Linen code that stays",
        "The class is migrated. A class that stays builds it through nnx.bridge.to_linen: the paths of all variables and "
        "what is computed are the same as before, the random numbers of a new init are not. Code that hands on a model, "
        "or keeps it in an attribute, has a Linen module around the class in the same way: its init and apply stay, and "
        "its variables have the names of the NNX attributes.",
        "Nothing. Once nothing keeps the other class Linen, a later run goes on: it builds this one like any other then. "
        "Convert checkpoints of such a model with migrate-checkpoint, and call apply under jax.jit: outside of it, every call makes the module anew.",
    ),
    Code(
        "MN304",
        "has variables that code hands on as values",
        "An optimizer, a TrainState or another function takes them, so they stay values: `init` has become "
        "`nnx.split`, and `apply` an `nnx.merge` with the states that it is given. A state is a pytree as Linen's dict "
        "was one, whose keys are the attributes of the NNX modules; a sum over all leaves may add them in another order.",
        "Look for code that asks for variables by Linen's names. Convert checkpoints with migrate-checkpoint.",
    ),
    Code(
        "MN401",
        "uses Linen outside of a class",
        "The name has no twin in NNX that means the same.",
        "The message names what NNX offers.",
    ),
    Code(
        "MN402",
        "is marked to be skipped",
        "A comment `# migrate-norm: skip` stands on the class or at the top of the file.",
        "Take the comment away when its time has come.",
    ),
    Code("MN901", "cannot be read", "The file could not be opened or read.", "Look at the path and its permissions; run again."),
    Code(
        "MN902",
        "cannot be parsed",
        "The file does not decode, is a notebook, or is no Python that this interpreter reads.",
        "Mend what the message names, or give a notebook's cells as a .py file; the file was left as it is.",
    ),
    Code("MN903", "cannot be written", "The file could not be replaced; it is as it was.", "Make room, or look at its permissions."),
    Code(
        "MN904",
        "has uncommitted changes",
        "Git does not hold the file as it is now, so a rewrite could not be taken back.",
        "Commit it, or pass --allow-dirty.",
    ),
    Code(
        "MN905",
        "was held back",
        "A file it is linked with, or the mapping, could not be written; half a migration would not run.",
        "Resolve the other diagnostic and run again.",
    ),
    Code(
        "MN906",
        "failed its own check",
        "The rewritten file did not parse, did not compile, or would have been changed by a second run.",
        "Please report it with the file; the file was left as it is.",
    ),
    Code(
        "MN907",
        "cannot be traced",
        "A model of [[tool.migrate-norm.models]] could not be imported, built or initialised, or did not come back.",
        "Mend the entry, or what the message says of the model; the others were traced.",
    ),
    Code(
        "MN908",
        "stands where a new file would be written",
        "A file of that name is there already, and what is in it may be somebody's work.",
        "Move it away, or delete it where an earlier run has written it, and run again.",
    ),
)  # fmt: skip

CODES: Mapping[str, Code] = MappingProxyType({code.id: code for code in _CODES})
"""By id. `migrate-norm --explain ID` prints an entry."""
