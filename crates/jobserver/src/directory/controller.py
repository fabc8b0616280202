"""An Active Directory domain controller for tests: Debian's Samba, in a directory of its own.

arguments: the directory, which has cert.pem and key.pem already. Its ports are LDAP's own, so it runs inside a network of its
own. It says "provisioned", and then is the controller until it is killed.
"""
import logging, os, sys
from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB

here = sys.argv[1]
os.makedirs(f"{here}/etc")
# Samba takes no key that others could read.
os.chmod(f"{here}/key.pem", 0o600)
result = provision(
    logging.getLogger("provision"), system_session(), targetdir=here, realm="EXAMPLE.TEST", domain="EXAMPLE",
    hostname="dc1", hostip="127.0.0.1", serverrole="active directory domain controller", dns_backend="NONE",
    adminpass="administrator-Secret-1", root="root", nobody="root", users="root", skip_sysvolacl=True,
    dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
)
conf = f"{here}/etc/smb.conf"
with open(conf, "a") as file:
    # Only what answers LDAP; a later section of the same name adds to the first one.
    file.write(f"""
[global]
    tls certfile = {here}/cert.pem
    tls keyfile = {here}/key.pem
    tls cafile =
    server services = ldap
    bind interfaces only = yes
    interfaces = lo
""")
lp = LoadParm()
lp.load(conf)
db = SamDB(session_info=system_session(), lp=lp)
for name in ["ann", "admin", "search", "barred", "expired"]:
    db.newuser(name, f"{name}-Directory-1", force_password_change_at_next_login_req=name == "expired")
db.disable_account("(sAMAccountName=barred)")
print("provisioned", flush=True)
os.execv("/usr/sbin/samba", ["samba", "-i", "-M", "single", "-s", conf, "-d", "1"])
