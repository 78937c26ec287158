"""A small real model on this machine, behind the protocol of all the others."""

from clew.local_model.local_model import LocalModel as LocalModel
from clew.local_model.local_model import LocalModelFailed as LocalModelFailed
from clew.local_model.local_model import LocalModelMissing as LocalModelMissing
from clew.local_model.local_model import packaged as packaged
from clew.local_model.local_model import start as start
