"""A mail server for the demonstration: takes every mail without encryption and puts each into a file.

arguments: a directory; the port it got is in the file "port" there, the mails are 1.eml, 2.eml ...
"""
import os, socketserver, sys

directory = sys.argv[1]
count = 0


class Sink(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        global count
        self.say("220 demonstration")
        for line in self.rfile:
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"QUIT":
                return self.say("221 bye")
            if verb != b"DATA":
                self.say("250 yes")
                continue
            self.say("354 go on")
            mail = b""
            for line in self.rfile:
                if line == b".\r\n":
                    break
                mail += line[1:] if line.startswith(b".") else line
            count += 1
            part = os.path.join(directory, f"{count}.part")
            with open(part, "wb") as file:
                file.write(mail)
            os.rename(part, os.path.join(directory, f"{count}.eml"))
            self.say("250 taken")


with socketserver.TCPServer(("127.0.0.1", 0), Sink) as server:
    part = os.path.join(directory, "port.part")
    with open(part, "w") as file:
        file.write(str(server.server_address[1]))
    os.rename(part, os.path.join(directory, "port"))
    server.serve_forever()
