"""A real IPython kernel of the running interpreter, read by two models of front ends.

Every message of the kernel goes to both models; who *asked* is in the request. What the
models do with a message is in ``frontends.py``. No asyncio here: sockets are polled.
"""

from __future__ import annotations

import ast
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from .frontends import HeadlessFrontend, LiveFrontend, Message, Output


@dataclass
class Cell:
    """One execute request and everything that became of it.

    Attributes
    ----------
    id : str
        The notebook cell; running the same id again replaces its outputs.
    live : bool
        Asked as JupyterLab asks: ``allow_stdin`` and ``metadata.cellId``.
    reply : dict or None
        Content of the execute reply, None until it is there.
    elapsed : float or None
        Seconds from the request to the reply.
    messages : list
        What the kernel published with this request as the parent, raw and in order.
    """

    kernel: Kernel = field(repr=False)
    id: str
    source: str
    live: bool
    msg_id: str
    started: float
    reply: dict[str, Any] | None = field(default=None, repr=False)
    elapsed: float | None = None
    idle: bool = False
    messages: list[Message] = field(default_factory=list, repr=False)

    @property
    def outputs(self) -> list[Output]:
        """The outputs, as now shown by the front end that asked."""
        frontend = self.kernel.live if self.live else self.kernel.headless
        return frontend.outputs(self.id)

    @property
    def ended(self) -> bool:
        """True when the kernel has replied and is done with the request."""
        return self.idle and self.reply is not None

    @property
    def ok(self) -> bool:
        """True when the cell ran without an error."""
        return self.reply is not None and self.reply["status"] == "ok"

    @property
    def error(self) -> str:
        """The traceback as shown, empty when there was none."""
        return "\n".join(
            line for o in self.outputs if o.output_type == "error" for line in o.traceback
        )

    @property
    def text(self) -> str:
        """What was printed, both streams together."""
        return "".join(o.text for o in self.outputs if o.output_type == "stream")

    def data(self, media_type: str) -> list[Any]:
        """Every output's data of this type, in order."""
        return [o.data[media_type] for o in self.outputs if media_type in o.get("data", {})]

    @property
    def pictures(self) -> list[str]:
        """Every PNG or JPEG output, as base64 text."""
        return self.data("image/png") + self.data("image/jpeg")


class Kernel:
    """A kernel process and its connection; ``run`` for most tests.

    Attributes
    ----------
    live, headless
        The models of JupyterLab and of nbclient. Both hear everything.
    messages : list
        Everything the kernel published since its start.
    answers : deque of str
        What is typed when a live cell asks for input.
    comms : dict
        The state of every widget, by comm id.
    """

    def __init__(self, env: Mapping[str, str], cwd: str | None = None) -> None:
        for attempt in range(3):
            self.manager = KernelManager(kernel_name="python3")
            self.manager.start_kernel(env=dict(env), cwd=cwd)
            self.client: BlockingKernelClient = self.manager.blocking_client()
            self.client.start_channels()
            try:
                self.client.wait_for_ready(timeout=60)
                break
            except BaseException as error:
                self.stop()
                # Its ports are drawn before they are bound: another process may be quicker.
                if not isinstance(error, RuntimeError) or attempt == 2:
                    raise
        self.live = LiveFrontend()
        self.headless = HeadlessFrontend()
        self.messages: list[Message] = []
        self.answers: deque[str] = deque()
        self.comms: dict[str, dict[str, Any]] = {}
        self._cells: dict[str, Cell] = {}
        self._completions: dict[str, dict[str, Any]] = {}
        self._readers: dict[Any, Callable[[Message], None]] = {
            self.client.iopub_channel.socket: self._hear,
            self.client.stdin_channel.socket: self._answer,
            self.client.shell_channel.socket: self._take_reply,
        }
        self._poller = zmq.Poller()
        for socket in self._readers:
            self._poller.register(socket, zmq.POLLIN)

    # -- running --------------------------------------------------------------

    def run(
        self,
        source: str,
        *,
        live: bool = False,
        cell_id: str | None = None,
        allow_stdin: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> Cell:
        """Runs a cell to its end; `live` as JupyterLab asks for it, else as nbclient does.

        For a moment after an error ipykernel 6 aborts whatever is sent: then nothing ran, and
        it is sent again.
        """
        while True:
            cell = self.start_cell(
                source, live=live, cell_id=cell_id, allow_stdin=allow_stdin, metadata=metadata
            )
            self.finish(cell, timeout)
            if (cell.reply or {}).get("status") != "aborted":
                return cell

    def start_cell(
        self,
        source: str,
        *,
        live: bool = False,
        cell_id: str | None = None,
        allow_stdin: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Cell:
        """Sends a cell and returns at once; `finish` waits for it."""
        cell_id = cell_id or str(uuid.uuid4())
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": live if allow_stdin is None else allow_stdin,
            "stop_on_error": True,
        }
        sent_metadata = {"cellId": cell_id} if live else {}
        if metadata is not None:
            sent_metadata = dict(metadata)
        request = self.client.session.msg("execute_request", content, metadata=sent_metadata)
        cell = Cell(self, cell_id, source, live, request["header"]["msg_id"], time.monotonic())
        self._cells[cell.msg_id] = cell
        for frontend in (self.live, self.headless):
            frontend.start_cell(cell.id, cell.msg_id)
        self.client.shell_channel.send(request)
        return cell

    def finish(self, cell: Cell, timeout: float = 60.0) -> Cell:
        """Reads until the cell has ended."""
        self.wait_for(lambda: cell.ended, timeout)
        return cell

    def wait_for(self, condition: Callable[[], object], timeout: float = 60.0) -> None:
        """Reads what the kernel sends until `condition` holds; also while no cell runs."""
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not so after {timeout} s; {self._describe()}")
            if not self.manager.is_alive():
                raise RuntimeError("the kernel has died")
            ready = dict(self._poller.poll(int(min(left, 1.0) * 1000) + 1))
            for socket, read in self._readers.items():
                if socket in ready:
                    read(self.client.session.recv(socket, mode=zmq.NOBLOCK)[1])

    def settle(self) -> None:
        """Reads everything that was published up to now: an empty request is the mark."""
        marker = self.client.kernel_info()
        self.wait_for(
            lambda: any(
                message["parent_header"].get("msg_id") == marker
                and message["content"].get("execution_state") == "idle"
                for message in self.messages[-50:]
            )
        )

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, by way of its repr, without leaving an output."""
        name = "_evaluated_for_the_test"
        request = self.client.session.msg(
            "execute_request",
            {
                "code": "",
                "silent": True,
                "store_history": False,
                "user_expressions": {name: expression},
                "allow_stdin": False,
                "stop_on_error": False,
            },
        )
        msg_id = request["header"]["msg_id"]
        cell = Cell(self, msg_id, expression, False, msg_id, time.monotonic())
        self._cells[msg_id] = cell
        self.client.shell_channel.send(request)
        self.wait_for(lambda: cell.ended)
        assert cell.reply is not None
        result = cell.reply["user_expressions"][name]
        if result["status"] != "ok":
            raise RuntimeError(f"{result['ename']}: {result['evalue']}")
        return ast.literal_eval(result["data"]["text/plain"])

    def complete(self, code: str, cursor_pos: int | None = None) -> dict[str, Any]:
        """What Tab gets in a cell: the content of the kernel's complete reply.

        The cursor counts in code points, and stands at the end where it is left out.
        """
        msg_id = self.client.complete(code, len(code) if cursor_pos is None else cursor_pos)
        self.wait_for(lambda: msg_id in self._completions)
        return self._completions.pop(msg_id)

    # -- the process ----------------------------------------------------------

    def interrupt(self) -> None:
        """What the stop button does."""
        self.manager.interrupt_kernel()

    def kill(self) -> None:
        """Ends the process at once, as the system does when memory is short."""
        self.manager.shutdown_kernel(now=True)

    def stop(self) -> None:
        """Ends the process and closes the connection."""
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.client.context.destroy(linger=0)  # with older versions not the manager's

    # -- widgets --------------------------------------------------------------

    def widgets(self, model_name: str) -> list[str]:
        """Comm ids of the open widgets of this model, ``ButtonModel`` for example."""
        return [id for id, state in self.comms.items() if state.get("_model_name") == model_name]

    def click(self, comm_id: str) -> None:
        """A click on a button, as a page sends it."""
        self.send_comm(comm_id, {"method": "custom", "content": {"event": "click"}})

    def set_widget(self, comm_id: str, **state: Any) -> None:
        """New values of a widget, as a page sends them."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        self.send_comm(comm_id, data)

    def send_comm(self, comm_id: str, data: Mapping[str, Any]) -> None:
        """One message to a comm."""
        content = {"comm_id": comm_id, "data": dict(data)}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    # -- reading --------------------------------------------------------------

    def _hear(self, message: Message) -> None:
        self.messages.append(message)
        parent = message["parent_header"].get("msg_id", "")
        cell = self._cells.get(parent)
        kind, content = message["msg_type"], message["content"]
        if cell is not None:
            cell.messages.append(message)
        if kind == "comm_open":
            self.comms[content["comm_id"]] = dict(content["data"].get("state", {}))
        elif kind == "comm_msg" and content["comm_id"] in self.comms:
            self.comms[content["comm_id"]].update(content["data"].get("state", {}))
        elif kind == "comm_close":
            self.comms.pop(content["comm_id"], None)
        self.live.receive(message)
        self.headless.receive(message)
        if cell is not None and kind == "status":
            cell.idle = content["execution_state"] == "idle"

    def _take_reply(self, message: Message) -> None:
        if message["msg_type"] == "complete_reply":
            self._completions[message["parent_header"]["msg_id"]] = message["content"]
        cell = self._cells.get(message["parent_header"].get("msg_id", ""))
        if cell is not None and message["msg_type"] == "execute_reply":
            cell.reply = message["content"]
            cell.elapsed = time.monotonic() - cell.started

    def _answer(self, message: Message) -> None:
        if message["msg_type"] == "input_request":
            self.client.input(self.answers.popleft() if self.answers else "")

    def _describe(self) -> str:
        last = [f"{m['msg_type']}({str(m['content'])[:300]})" for m in self.messages[-5:]]
        return "last messages: " + ("; ".join(last) or "none")
